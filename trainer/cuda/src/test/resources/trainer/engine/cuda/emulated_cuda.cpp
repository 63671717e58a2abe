/*
 * An emulation on a CPU of the functions of CUDA's driver, NVRTC and cuBLAS that the engine calls: one
 * library under three names. Kernels are the engine's sources compiled as C++; GEMM is plain loops;
 * work on a stream runs at once, or is recorded during capture. Calls that the real libraries refuse,
 * such as an allocation during capture, are refused here too.
 *
 * With CUDA's header (-DWITH_CUDA_HEADER) the compiler checks these declarations of the driver's
 * functions against NVIDIA's.
 */
#include "emulation.h"

#define MOST_POLLS 100

/* The sizes that a persistent kernel is compiled for; here they are those of the running one. */
static int emulated_units, emulated_unit_tiles, emulated_cluster;
#define UNITS emulated_units
#define UNIT_TILES emulated_unit_tiles
#define CLUSTER emulated_cluster

#include "device.cuh"
#include "cell.cuh"
#include "lstm.cu"
#include "gru.cu"
#include "simple_rnn.cu"
#include "exchange.cuh"
#include "tiles.cuh"
#include "persistent.cu"
#include "copies.cu"
#include "dropout.cu"
#include "softmax.cu"
#include "sums.cu"
#include "update.cu"
#include "peers.cu"

#define SEQUENCES(cell, Cell, precision, Arithmetic)        \
  FORWARD_SEQUENCE(cell, Cell, precision, Arithmetic)       \
  BACKWARD_SEQUENCE(cell, Cell, precision, Arithmetic)

SEQUENCES(lstm, Lstm, float32, Float32)
SEQUENCES(lstm, Lstm, tf32, Tf32)
SEQUENCES(lstm, Lstm, bfloat16, Bfloat16)
SEQUENCES(gru, Gru, float32, Float32)
SEQUENCES(gru, Gru, tf32, Tf32)
SEQUENCES(gru, Gru, bfloat16, Bfloat16)
SEQUENCES(simple_rnn, SimpleRnn, float32, Float32)
SEQUENCES(simple_rnn, SimpleRnn, tf32, Tf32)
SEQUENCES(simple_rnn, SimpleRnn, bfloat16, Bfloat16)
#undef SEQUENCES

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <unistd.h>

#ifdef WITH_CUDA_HEADER
#include <cuda.h>
#else
typedef int CUresult;
typedef int CUdevice;
typedef int CUdevice_attribute;
typedef int CUfunction_attribute;
typedef int CUstreamCaptureMode;
typedef int CUjit_option;
typedef unsigned long long CUdeviceptr;
typedef unsigned long long cuuint64_t;
typedef struct CUctx_st *CUcontext;
typedef struct CUmod_st *CUmodule;
typedef struct CUfunc_st *CUfunction;
typedef struct CUstream_st *CUstream;
typedef struct CUevent_st *CUevent;
typedef struct CUgraph_st *CUgraph;
typedef struct CUgraphExec_st *CUgraphExec;
typedef struct {
  unsigned gridDimX, gridDimY, gridDimZ, blockDimX, blockDimY, blockDimZ, sharedMemBytes;
  CUstream hStream;
  void *attrs;
  unsigned numAttrs;
} CUlaunchConfig;
#define CUDAAPI
#endif

namespace {

enum {
  SUCCESS = 0,
  INVALID_VALUE = 1,
  OUT_OF_MEMORY = 2,
  NO_DEVICE = 100,
  INVALID_DEVICE = 101,
  INVALID_IMAGE = 200,
  NOT_READY = 600,
  INVALID_CONTEXT = 201,
  PEER_ACCESS_UNSUPPORTED = 217,
  NOT_FOUND = 500,
  ILLEGAL_ADDRESS = 700,
  PEER_ACCESS_ALREADY_ENABLED = 704,
  LAUNCH_FAILED = 719,
  COOPERATIVE_LAUNCH_TOO_LARGE = 720,
  CAPTURE_UNSUPPORTED = 900,
  CAPTURE_INVALIDATED = 901,
  CAPTURE_UNJOINED = 904,
  INVALID_CLUSTER_SIZE = 912
};

/* Held by every call: threads with GPUs of their own take turns. */
std::recursive_mutex everything;

/* Settings of tests: emulation_set, emulation_get. */
std::map<std::string, long long> settings;

long long setting(const std::string &name, long long otherwise) {
  auto found = settings.find(name);
  return found == settings.end() ? otherwise : found->second;
}

/* Waits, and counts the time, so that tests can measure by it. */
void take_time(long long micros) {
  usleep((useconds_t)micros);
  settings["micros that were planted"] += micros;
}

constexpr int MOST_DEVICES = 8;

/* The device whose context is current in this thread; -1: none. A reset makes it invalid. */
struct Current {
  int device = -1;
  long resets = 0;
};
thread_local Current current;
long resets;

int current_device() { return current.resets == resets ? current.device : -1; }

/* A setting NAME@N is that of GPU N alone. */
long long setting_here(const std::string &name, long long otherwise) {
  return setting(name + "@" + std::to_string(current_device()), setting(name, otherwise));
}

/* The result of a call. The setting fail:NAME is its error code, `fault` that of all calls. */
int outcome(const char *function) {
  std::lock_guard<std::recursive_mutex> held(everything);
  settings[std::string("calls:") + function]++;
  settings[std::string("calls:") + function + "@" + std::to_string(current_device())]++;
  if (long long fault = setting_here("fault", 0)) {
    return (int)fault;
  }
  return (int)setting_here(std::string("fail:") + function, SUCCESS);
}

struct Allocation {
  char *start;
  size_t bytes;
  int device;
};

constexpr size_t RED_ZONE = 256;
constexpr char RED = 0x5a;
constexpr char UNWRITTEN = (char)0xff; /* NaN in every type */
constexpr size_t WORKSPACE = 32 << 20; /* of cuBLAS, which products do not use here: not filled */

std::map<CUdeviceptr, Allocation> allocations;

typedef std::function<int()> Work;

struct Recording {
  std::vector<Work> work;
};

/*
 * Of a GPU's two streams, the first runs work at once, or records it during capture; with the setting
 * "late", when the host asks whether it has finished. Work of the second is put off: it runs at random
 * times, and at the latest when the first waits for it.
 */
struct Device {
  bool capturing = false;
  bool invalidated = false;
  bool side_captured = false; /* whether the second stream waits for the captured one */
  Recording recording;
  std::deque<Work> put_off;
  std::deque<Work> late;
  size_t allocated = 0;
  int contexts = 0;

  int run(Work work) {
    if (capturing) {
      recording.work.push_back(std::move(work));
      return SUCCESS;
    }
    if (setting("late", 0)) {
      late.push_back(std::move(work));
      return SUCCESS;
    }
    return work();
  }

  int finish() {
    while (!late.empty()) {
      Work work = std::move(late.front());
      late.pop_front();
      if (int code = work()) {
        late.clear();
        return code;
      }
    }
    return SUCCESS;
  }

  int run_put_off() {
    Work work = std::move(put_off.front());
    put_off.pop_front();
    return run(std::move(work));
  }
};
Device devices[MOST_DEVICES];

bool is_device(long long number) { return number >= 0 && number < setting("devices", 1); }

bool is_second(CUstream stream) { return (uintptr_t)stream & 1; }

int device_of(CUstream stream) { return (int)((uintptr_t)stream >> 20); }

Device &here() { return devices[std::max(0, current_device())]; }

/* Work of a stream of the current GPU. */
int enqueue(CUstream stream, Work work) {
  if (current_device() < 0 || device_of(stream) != current_device()) {
    return INVALID_CONTEXT;
  }
  Device &device = here();
  if (is_second(stream)) {
    if (device.capturing && !device.side_captured) {
      device.invalidated = true;
      return CAPTURE_UNSUPPORTED;
    }
    device.put_off.push_back(std::move(work));
    return SUCCESS;
  }
  while (!device.put_off.empty() && emulation::random_below(3) == 0) {
    if (int code = device.run_put_off()) {
      return code;
    }
  }
  return device.run(std::move(work));
}

/* A call that is forbidden during capture. */
int outside_capture() {
  if (here().capturing) {
    here().invalidated = true;
    return CAPTURE_UNSUPPORTED;
  }
  return current_device() >= 0 ? SUCCESS : INVALID_CONTEXT;
}

/* Whether the bytes are inside one allocation of the current GPU. */
bool inside(CUdeviceptr address, size_t bytes) {
  auto after = allocations.upper_bound(address);
  if (after == allocations.begin()) {
    return false;
  }
  const auto &found = *std::prev(after);
  return address + bytes <= found.first + found.second.bytes &&
         found.second.device == current_device();
}

/* The pairs of GPUs of which the first may use the memory of the second. */
std::set<std::pair<int, int>> peers;

bool has_peer(int device, int other) {
  return setting("peer:" + std::to_string(device) + "-" + std::to_string(other),
                 setting("peers", 1)) != 0;
}

/* Whether a kernel's argument has no address in the memory of a GPU that the current one may not use. */
bool is_usable(const std::vector<char> &argument) {
  for (size_t i = 0; i + sizeof(CUdeviceptr) <= argument.size(); i += sizeof(CUdeviceptr)) {
    CUdeviceptr address;
    memcpy(&address, &argument[i], sizeof address);
    auto after = allocations.upper_bound(address);
    if (after == allocations.begin()) {
      continue;
    }
    const auto &found = *std::prev(after);
    int device = found.second.device;
    if (address < found.first + found.second.bytes && device != current_device() &&
        !peers.count({current_device(), device})) {
      return false;
    }
  }
  return true;
}

using emulation::Waiting;

/* Without cuFuncSetAttribute: shared memory of a launch, blocks of a cluster. */
constexpr size_t STATIC_SHARED_BYTES = 48 << 10;
constexpr int PORTABLE_CLUSTER = 8;

struct Kernel {
  std::string name;
  std::vector<size_t> argument_bytes;
  std::function<void(void **)> call;
  Waiting waiting;
};

template <class... A, size_t... I>
void call(void (*function)(A...), void **arguments, std::index_sequence<I...>) {
  function(*static_cast<A *>(arguments[I])...);
}

template <class... A>
Kernel kernel(const char *name, Waiting waiting, void (*function)(A...)) {
  return {name,
          {sizeof(A)...},
          [function](void **arguments) {
            call(function, arguments, std::index_sequence_for<A...>{});
          },
          waiting};
}

#define INDEPENDENT(name) kernel(#name, Waiting::NOBODY, name)
#define WAITING(name) kernel(#name, Waiting::THREADS_OF_A_BLOCK, name)
#define SEQUENCES(cell, precision)                                             \
  kernel(#cell "_forward_sequence_" #precision, Waiting::ALL,                  \
         cell##_forward_sequence_##precision),                                 \
      kernel(#cell "_backward_sequence_" #precision, Waiting::ALL,             \
             cell##_backward_sequence_##precision)

Kernel kernels[] = {
    INDEPENDENT(lstm_forward),       INDEPENDENT(lstm_backward),
    INDEPENDENT(gru_forward),        INDEPENDENT(gru_backward),
    INDEPENDENT(simple_rnn_forward), INDEPENDENT(simple_rnn_backward),
    INDEPENDENT(copy_factors),
    INDEPENDENT(dropout),            WAITING(softmax_gradient),
    WAITING(softmax_score),          WAITING(log_softmax),
    WAITING(column_sums),            WAITING(peephole_sums),
    WAITING(sort_rows),              WAITING(sum_by_character),
    WAITING(gradient_squares),       WAITING(publish_loss),
    WAITING(gradient_norm),          INDEPENDENT(add_gradient),
    INDEPENDENT(adam),               INDEPENDENT(rmsprop),
    INDEPENDENT(sgd),                INDEPENDENT(sum_gradients),
    SEQUENCES(lstm, float32),
    SEQUENCES(lstm, tf32),           SEQUENCES(lstm, bfloat16),
    SEQUENCES(gru, float32),         SEQUENCES(gru, tf32),
    SEQUENCES(gru, bfloat16),        SEQUENCES(simple_rnn, float32),
    SEQUENCES(simple_rnn, tf32),     SEQUENCES(simple_rnn, bfloat16),
};

/* What a module was compiled for; zero: any. */
struct Sizes {
  int units = 0;
  int unit_tiles = 0;
  int cluster = 0; /* none */
};

static_assert(sizeof(CUlaunchConfig) == 56, "as the engine writes it");

/* A kernel of a module. */
struct Function {
  const Kernel *kernel;
  Sizes sizes;
  size_t most_shared_bytes;
  int most_cluster; /* blocks of a cluster */
};
std::deque<Function> functions;

/* A launch of a kernel, with copies of its arguments. */
struct Launch {
  const Kernel *kernel;
  Sizes sizes;
  size_t most_shared_bytes;
  int most_cluster;
  Dimensions grid;
  Dimensions block;
  bool cooperative;
  size_t shared_bytes;
  std::vector<std::vector<char>> values;

  Launch(CUfunction function, Dimensions blocks, Dimensions threads, bool at_once, size_t shared,
         void **arguments)
      : kernel(((const Function *)function)->kernel),
        sizes(((const Function *)function)->sizes),
        most_shared_bytes(((const Function *)function)->most_shared_bytes),
        most_cluster(((const Function *)function)->most_cluster),
        grid(blocks),
        block(threads),
        cooperative(at_once),
        shared_bytes(shared) {
    for (size_t i = 0; i < kernel->argument_bytes.size(); i++) {
      const char *value = (const char *)arguments[i];
      values.emplace_back(value, value + kernel->argument_bytes[i]);
    }
  }

  int run() const {
    settings["runs:" + kernel->name]++;
    if (long long code = setting_here("fail:" + kernel->name, 0)) {
      return (int)code;
    }
    std::vector<void *> arguments;
    for (const auto &value : values) {
      if (!is_usable(value)) {
        return ILLEGAL_ADDRESS;
      }
      arguments.push_back((void *)value.data());
    }
    bool persistent = kernel->waiting == Waiting::ALL;
    bool clusters = sizes.cluster > 0;
    if (persistent) {
      take_time(setting(clusters ? "micros of clusters" : "micros of a persistent kernel", 0));
    }
    emulated_units = sizes.units;
    emulated_unit_tiles = sizes.unit_tiles;
    emulated_cluster = sizes.cluster;
    emulation::planted = emulation::Fault::NONE;
    if (persistent && (clusters || !setting("planted in clusters", 0))) {
      emulation::planted = (emulation::Fault)setting("planted", 0);
    }
    emulation::to_cache = {};
    if (persistent && setting("caches", 0)) { /* the allocation of the states or sums */
      const auto &exchanged = *std::prev(allocations.upper_bound(*(CUdeviceptr *)arguments[1]));
      emulation::to_cache = {(unsigned *)(uintptr_t)exchanged.first, exchanged.second.bytes / 4};
    }
    unsigned together = cooperative ? grid.x : clusters ? sizes.cluster : 1;
    bool done = emulation::launch(grid, block, kernel->waiting, together, shared_bytes,
                                  [&] { kernel->call(arguments.data()); });
    if (emulation::planted == emulation::Fault::WRONG_SUM) {
      **(float **)arguments[1] += 1.0f; /* states or sums */
    }
    if (kernel->name == "sum_gradients" && setting("wrong peers", 0)) {
      **(float **)arguments[0] += 1.0f; /* the first GPU's gradient */
    }
    return done ? SUCCESS : LAUNCH_FAILED;
  }

  bool possible() const {
    return grid.x * grid.y * grid.z != 0 && grid.y <= 65535 &&
           block.x * block.y * block.z <= 1024 && shared_bytes <= most_shared_bytes &&
           (kernel->waiting != Waiting::ALL ||
            (sizes.units > 0 && cooperative == (sizes.cluster == 0)));
  }

  bool clustered() const {
    return sizes.cluster == 0 ||
           (sizes.cluster <= most_cluster && grid.x % sizes.cluster == 0 && grid.y * grid.z == 1);
  }

  int enqueue_on(CUstream stream) const {
    Launch copy = *this;
    return !clustered()  ? INVALID_CLUSTER_SIZE
           : !possible() ? INVALID_VALUE
                         : enqueue(stream, [copy] { return copy.run(); });
  }
};

long long most_shared_bytes() { return setting("shared memory", 232448); }

/* Occupancy: blocks of 256 threads with this shared memory per multiprocessor. */
int blocks_of_multiprocessor(size_t shared_bytes) {
  return (long long)shared_bytes <= most_shared_bytes() ? (int)setting("occupancy", 1) : 0;
}

enum { TYPE_32F = 0, TYPE_16BF = 14 };
enum { COMPUTE_32F = 68, COMPUTE_32F_PEDANTIC = 69, COMPUTE_32F_FAST_TF32 = 77 };

/* A factor of a product; numbers in float32 are rounded for the compute type, or to bfloat16. */
struct Factor {
  const void *numbers;
  int type;
  int compute;
  bool rounded;

  double at(size_t index) const {
    if (type == TYPE_16BF) {
      return from_bfloat16(((const unsigned short *)numbers)[index]);
    }
    float x = ((const float *)numbers)[index];
    return rounded                            ? from_bfloat16(to_bfloat16(x))
           : compute == COMPUTE_32F_FAST_TF32 ? __uint_as_float(to_tf32(x))
                                              : x;
  }

  static float from_bfloat16(unsigned short bits) { return __uint_as_float((unsigned)bits << 16); }
};

std::set<std::vector<long long>> known_products; /* cuBLAS loads code at first use */

}  // namespace

extern "C" {

void emulation_set(const char *name, long long value) {
  std::lock_guard<std::recursive_mutex> held(everything);
  settings[name] = value;
}

long long emulation_get(const char *name) {
  std::lock_guard<std::recursive_mutex> held(everything);
  return std::string(name) == "allocated" ? (long long)devices[0].allocated : setting(name, 0);
}

/* Resets everything; returns the number of open allocations. */
long long emulation_reset() {
  std::lock_guard<std::recursive_mutex> held(everything);
  long long left = (long long)allocations.size();
  for (auto &entry : allocations) {
    free(entry.second.start);
  }
  allocations.clear();
  settings.clear();
  known_products.clear();
  functions.clear();
  peers.clear();
  for (Device &device : devices) {
    device = {};
  }
  resets++;
  return left;
}

#define RESULT(code) return (CUresult)(code)
#define CHECK_CALL(function)                                \
  std::lock_guard<std::recursive_mutex> held(everything); \
  if (int code = outcome(#function)) {                    \
    RESULT(code);                                         \
  }

CUresult CUDAAPI cuInit(unsigned) {
  CHECK_CALL(cuInit)
  RESULT(setting("devices", 1) > 0 ? SUCCESS : NO_DEVICE);
}

CUresult CUDAAPI cuDriverGetVersion(int *version) {
  CHECK_CALL(cuDriverGetVersion)
  *version = (int)setting("driver", 13000);
  RESULT(SUCCESS);
}

CUresult CUDAAPI cuDeviceGetCount(int *count) {
  CHECK_CALL(cuDeviceGetCount)
  *count = std::min(MOST_DEVICES, (int)setting("devices", 1));
  RESULT(SUCCESS);
}

CUresult CUDAAPI cuDeviceGet(CUdevice *device, int ordinal) {
  CHECK_CALL(cuDeviceGet)
  *device = ordinal;
  RESULT(is_device(ordinal) ? SUCCESS : INVALID_DEVICE);
}

CUresult CUDAAPI cuDeviceGetName(char *name, int length, CUdevice device) {
  CHECK_CALL(cuDeviceGetName)
  long long model = setting("model@" + std::to_string(device), 0);
  snprintf(name, length, "Emulated GPU %lld", model);
  RESULT(SUCCESS);
}

CUresult CUDAAPI cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice) {
  CHECK_CALL(cuDeviceGetAttribute)
  switch ((int)attribute) {
    case 16: /* multiprocessors */
      *value = (int)setting("multiprocessors", 132);
      RESULT(SUCCESS);
    case 75: /* compute capability, major */
      *value = (int)setting("capability", 90) / 10;
      RESULT(SUCCESS);
    case 76: /* minor */
      *value = (int)setting("capability", 90) % 10;
      RESULT(SUCCESS);
    case 95: /* cooperative launches */
      *value = (int)setting("cooperative", 1);
      RESULT(SUCCESS);
    case 97: /* largest dynamic shared memory of a block */
      *value = (int)most_shared_bytes();
      RESULT(SUCCESS);
    default:
      RESULT(INVALID_VALUE);
  }
}

CUresult CUDAAPI cuDeviceTotalMem_v2(size_t *bytes, CUdevice) {
  CHECK_CALL(cuDeviceTotalMem_v2)
  *bytes = (size_t)setting("memory", 1ll << 30);
  RESULT(SUCCESS);
}

CUresult CUDAAPI cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) {
  CHECK_CALL(cuDevicePrimaryCtxRetain)
  settings["contexts"]++;
  devices[device].contexts++;
  *context = (CUcontext)(uintptr_t)(0x1000 + device);
  RESULT(SUCCESS);
}

CUresult CUDAAPI cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  CHECK_CALL(cuDevicePrimaryCtxRelease_v2)
  settings["contexts"]--;
  if (devices[device].contexts > 0 && --devices[device].contexts == 0) {
    for (auto pair = peers.begin(); pair != peers.end();) {
      pair = pair->first == device || pair->second == device ? peers.erase(pair) : std::next(pair);
    }
  }
  RESULT(SUCCESS);
}

CUresult CUDAAPI cuCtxSetCurrent(CUcontext context) {
  std::lock_guard<std::recursive_mutex> setting_it(everything);
  long long device = (long long)(uintptr_t)context - 0x1000;
  current = {is_device(device) ? (int)device : -1, resets};
  CHECK_CALL(cuCtxSetCurrent)
  RESULT(is_device(device) ? SUCCESS : INVALID_CONTEXT);
}

CUresult CUDAAPI cuDeviceCanAccessPeer(int *can, CUdevice device, CUdevice other) {
  CHECK_CALL(cuDeviceCanAccessPeer)
  *can = device != other && has_peer(device, other);
  RESULT(is_device(device) && is_device(other) ? SUCCESS : INVALID_DEVICE);
}

CUresult CUDAAPI cuCtxEnablePeerAccess(CUcontext context, unsigned flags) {
  CHECK_CALL(cuCtxEnablePeerAccess)
  int other = (int)((uintptr_t)context - 0x1000);
  if (current_device() < 0 || !is_device(other) || devices[other].contexts == 0) {
    RESULT(INVALID_CONTEXT);
  }
  if (flags != 0 || !has_peer(current_device(), other)) {
    RESULT(flags != 0 ? INVALID_VALUE : PEER_ACCESS_UNSUPPORTED);
  }
  RESULT(peers.insert({current_device(), other}).second ? SUCCESS : PEER_ACCESS_ALREADY_ENABLED);
}

CUresult CUDAAPI cuMemGetInfo_v2(size_t *available, size_t *total) {
  CHECK_CALL(cuMemGetInfo_v2)
  *total = (size_t)setting("memory", 1ll << 30);
  *available = *total - here().allocated;
  RESULT(outside_capture());
}

CUresult CUDAAPI cuMemAlloc_v2(CUdeviceptr *address, size_t bytes) {
  CHECK_CALL(cuMemAlloc_v2)
  if (int code = outside_capture()) {
    RESULT(code);
  }
  if (bytes == 0) {
    RESULT(INVALID_VALUE);
  }
  if (here().allocated + bytes > (size_t)setting("memory", 1ll << 30) ||
      setting("calls:cuMemAlloc_v2", 0) > setting("allocations", 1 << 30)) {
    RESULT(OUT_OF_MEMORY);
  }
  size_t size = (bytes + RED_ZONE - 1) / RED_ZONE * RED_ZONE;
  char *start = (char *)aligned_alloc(RED_ZONE, size + 2 * RED_ZONE);
  memset(start, RED, RED_ZONE);
  memset(start + RED_ZONE, UNWRITTEN, bytes < WORKSPACE ? bytes : 0);
  memset(start + RED_ZONE + bytes, RED, size - bytes + RED_ZONE);
  *address = (CUdeviceptr)(uintptr_t)(start + RED_ZONE);
  allocations[*address] = {start, bytes, current_device()};
  here().allocated += bytes;
  RESULT(SUCCESS);
}

CUresult CUDAAPI cuMemFree_v2(CUdeviceptr address) {
  CHECK_CALL(cuMemFree_v2)
  auto found = allocations.find(address);
  if (found == allocations.end() || found->second.device != current_device()) {
    RESULT(INVALID_VALUE);
  }
  Allocation gone = found->second;
  allocations.erase(found);
  here().allocated -= gone.bytes;
  bool intact = true;
  for (size_t i = 0; i < RED_ZONE; i++) {
    intact &= gone.start[i] == RED && gone.start[RED_ZONE + gone.bytes + i] == RED;
  }
  free(gone.start);
  RESULT(intact ? outside_capture() : LAUNCH_FAILED);
}

CUresult CUDAAPI cuMemHostAlloc(void **memory, size_t bytes, unsigned) {
  CHECK_CALL(cuMemHostAlloc)
  *memory = calloc(1, bytes);
  settings["host allocations"]++;
  RESULT(outside_capture());
}

CUresult CUDAAPI cuMemFreeHost(void *memory) {
  CHECK_CALL(cuMemFreeHost)
  free(memory);
  settings["host allocations"]--;
  RESULT(outside_capture());
}

CUresult CUDAAPI cuMemHostGetDevicePointer_v2(CUdeviceptr *address, void *memory, unsigned) {
  CHECK_CALL(cuMemHostGetDevicePointer_v2)
  *address = (CUdeviceptr)(uintptr_t)memory;
  RESULT(SUCCESS);
}

CUresult CUDAAPI cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, CUstream stream) {
  CHECK_CALL(cuMemcpyHtoDAsync_v2)
  RESULT(enqueue(stream, [=] {
    if (!inside(to, bytes)) {
      return (int)INVALID_VALUE;
    }
    memcpy((void *)(uintptr_t)to, from, bytes);
    return (int)SUCCESS;
  }));
}

CUresult CUDAAPI cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, CUstream stream) {
  CHECK_CALL(cuMemcpyDtoHAsync_v2)
  RESULT(enqueue(stream, [=] {
    if (!inside(from, bytes)) {
      return (int)INVALID_VALUE;
    }
    memcpy(to, (const void *)(uintptr_t)from, bytes);
    return (int)SUCCESS;
  }));
}

CUresult CUDAAPI cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  CHECK_CALL(cuMemcpyDtoDAsync_v2)
  RESULT(enqueue(stream, [=] {
    if (!inside(from, bytes) || !inside(to, bytes)) {
      return (int)INVALID_VALUE;
    }
    memcpy((void *)(uintptr_t)to, (const void *)(uintptr_t)from, bytes);
    return (int)SUCCESS;
  }));
}

CUresult CUDAAPI cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, CUstream stream) {
  CHECK_CALL(cuMemsetD32Async)
  RESULT(enqueue(stream, [=] {
    if (!inside(to, 4 * count)) {
      return (int)INVALID_VALUE;
    }
    std::fill_n((unsigned *)(uintptr_t)to, 4 * count < WORKSPACE ? count : 0, value);
    return (int)SUCCESS;
  }));
}

CUresult CUDAAPI cuStreamCreate(CUstream *stream, unsigned) {
  CHECK_CALL(cuStreamCreate)
  *stream = (CUstream)(uintptr_t)(((long long)current_device() << 20) + 0x2000 +
                                  settings["streams created"]++);
  settings["streams"]++;
  RESULT(outside_capture());
}

CUresult CUDAAPI cuStreamDestroy_v2(CUstream) {
  CHECK_CALL(cuStreamDestroy_v2)
  settings["streams"]--;
  RESULT(SUCCESS);
}

CUresult CUDAAPI cuEventCreate(CUevent *event, unsigned) {
  CHECK_CALL(cuEventCreate)
  *event = (CUevent) new CUstream();
  settings["events"]++;
  RESULT(SUCCESS);
}

CUresult CUDAAPI cuEventRecord(CUevent event, CUstream stream) {
  CHECK_CALL(cuEventRecord)
  *(CUstream *)event = stream;
  RESULT(SUCCESS);
}

CUresult CUDAAPI cuStreamWaitEvent(CUstream stream, CUevent event, unsigned) {
  CHECK_CALL(cuStreamWaitEvent)
  Device &device = devices[device_of(stream)];
  if (is_second(stream)) {
    device.side_captured = device.capturing;
    RESULT(SUCCESS);
  }
  while (is_second(*(CUstream *)event) && !device.put_off.empty()) {
    if (int code = device.run_put_off()) {
      RESULT(code);
    }
  }
  RESULT(SUCCESS);
}

CUresult CUDAAPI cuEventDestroy_v2(CUevent event) {
  CHECK_CALL(cuEventDestroy_v2)
  delete (CUstream *)event;
  settings["events"]--;
  RESULT(SUCCESS);
}

CUresult CUDAAPI cuStreamQuery(CUstream stream) {
  CHECK_CALL(cuStreamQuery)
  if (setting_here("hangs", 0)) {
    RESULT(NOT_READY);
  }
  int code = devices[device_of(stream)].finish();
  RESULT(code ? code : outside_capture());
}

CUresult CUDAAPI cuStreamBeginCapture_v2(CUstream stream, CUstreamCaptureMode) {
  CHECK_CALL(cuStreamBeginCapture_v2)
  Device &device = devices[device_of(stream)];
  device.capturing = true;
  device.invalidated = device.side_captured = false;
  device.recording.work.clear();
  RESULT(SUCCESS);
}

CUresult CUDAAPI cuStreamEndCapture(CUstream stream, CUgraph *graph) {
  std::lock_guard<std::recursive_mutex> ending(everything);
  Device &device = devices[device_of(stream)];
  device.capturing = false;
  CHECK_CALL(cuStreamEndCapture)
  if (!device.put_off.empty()) {
    device.put_off.clear();
    RESULT(CAPTURE_UNJOINED);
  }
  bool invalidated = device.invalidated;
  *graph = invalidated ? nullptr : (CUgraph) new Recording(std::move(device.recording));
  settings["captures"] += !invalidated;
  RESULT(invalidated ? CAPTURE_INVALIDATED : SUCCESS);
}

CUresult CUDAAPI cuGraphInstantiateWithFlags(CUgraphExec *executable, CUgraph graph,
                                             unsigned long long) {
  CHECK_CALL(cuGraphInstantiateWithFlags)
  *executable = (CUgraphExec) new Recording(*(Recording *)graph);
  settings["graphs"]++;
  RESULT(SUCCESS);
}

CUresult CUDAAPI cuGraphLaunch(CUgraphExec executable, CUstream) {
  CHECK_CALL(cuGraphLaunch)
  for (const Work &work : ((Recording *)executable)->work) {
    if (int code = here().run(work)) {
      RESULT(code);
    }
  }
  RESULT(outside_capture());
}

CUresult CUDAAPI cuGraphExecDestroy(CUgraphExec executable) {
  CHECK_CALL(cuGraphExecDestroy)
  delete (Recording *)executable;
  settings["graphs"]--;
  RESULT(SUCCESS);
}

CUresult CUDAAPI cuGraphDestroy(CUgraph graph) {
  CHECK_CALL(cuGraphDestroy)
  delete (Recording *)graph;
  settings["captures"]--;
  RESULT(SUCCESS);
}

CUresult CUDAAPI cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned count,
                                    CUjit_option *options, void **values) {
  std::lock_guard<std::recursive_mutex> loading(everything);
  for (unsigned i = 0; i < count && setting("compiler messages", 0); i++) {
    if ((int)options[i] == 5) { /* the buffer for messages */
      strcpy((char *)values[i], "ptxas: emulated\n");
    }
  }
  CHECK_CALL(cuModuleLoadDataEx)
  bool known = !memcmp(image, "emulated", 8);
  Sizes sizes;
  if (known) {
    sscanf((const char *)image + 8, "%d %d %d", &sizes.units, &sizes.unit_tiles, &sizes.cluster);
  }
  *module = (CUmodule) new Sizes(sizes);
  settings["modules"] += known;
  RESULT(known ? outside_capture() : INVALID_IMAGE);
}

CUresult CUDAAPI cuModuleUnload(CUmodule module) {
  CHECK_CALL(cuModuleUnload)
  delete (Sizes *)module;
  settings["modules"]--;
  RESULT(SUCCESS);
}

CUresult CUDAAPI cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name) {
  CHECK_CALL(cuModuleGetFunction)
  for (const Kernel &kernel : kernels) {
    if (kernel.name == name) {
      functions.push_back({&kernel, *(Sizes *)module, STATIC_SHARED_BYTES, PORTABLE_CLUSTER});
      *function = (CUfunction)&functions.back();
      RESULT(SUCCESS);
    }
  }
  RESULT(NOT_FOUND);
}

CUresult CUDAAPI cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute,
                                    int value) {
  CHECK_CALL(cuFuncSetAttribute)
  if ((int)attribute == 14 && value == 1) { /* clusters that are not portable */
    ((Function *)function)->most_cluster = emulation::MOST_CLUSTER;
  } else if ((int)attribute == 8 && value <= most_shared_bytes()) {
    ((Function *)function)->most_shared_bytes = value;
  } else {
    RESULT(INVALID_VALUE);
  }
  RESULT(outside_capture());
}

CUresult CUDAAPI cuOccupancyMaxActiveBlocksPerMultiprocessor(int *count, CUfunction, int,
                                                             size_t shared_bytes) {
  CHECK_CALL(cuOccupancyMaxActiveBlocksPerMultiprocessor)
  *count = blocks_of_multiprocessor(shared_bytes);
  RESULT(SUCCESS);
}

CUresult CUDAAPI cuOccupancyMaxActiveClusters(int *count, CUfunction function,
                                              const CUlaunchConfig *launch) {
  CHECK_CALL(cuOccupancyMaxActiveClusters)
  const Function &of = *(const Function *)function;
  int size = of.sizes.cluster;
  if (size == 0 || size > of.most_cluster || launch->gridDimX % size != 0 ||
      launch->gridDimY * launch->gridDimZ != 1 || launch->blockDimX != 256 ||
      launch->blockDimY * launch->blockDimZ != 1 || launch->hStream || launch->numAttrs != 0) {
    RESULT(INVALID_CLUSTER_SIZE);
  }
  *count = blocks_of_multiprocessor(launch->sharedMemBytes) *
           (int)setting("clusters", setting("multiprocessors", 132) / size);
  RESULT(SUCCESS);
}

CUresult CUDAAPI cuLaunchKernel(CUfunction function, unsigned grid_x, unsigned grid_y,
                                unsigned grid_z, unsigned block_x, unsigned block_y,
                                unsigned block_z, unsigned shared_bytes, CUstream stream,
                                void **arguments, void **) {
  CHECK_CALL(cuLaunchKernel)
  Launch launch(function, {grid_x, grid_y, grid_z}, {block_x, block_y, block_z},
                false, shared_bytes, arguments);
  settings["calls:in clusters"] += launch.sizes.cluster > 0;
  RESULT(launch.enqueue_on(stream));
}

CUresult CUDAAPI cuLaunchCooperativeKernel(CUfunction function, unsigned grid_x, unsigned grid_y,
                                           unsigned grid_z, unsigned block_x, unsigned block_y,
                                           unsigned block_z, unsigned shared_bytes, CUstream stream,
                                           void **arguments) {
  CHECK_CALL(cuLaunchCooperativeKernel)
  if (grid_x * grid_y * grid_z >
      blocks_of_multiprocessor(shared_bytes) * setting("multiprocessors", 132)) {
    RESULT(COOPERATIVE_LAUNCH_TOO_LARGE);
  }
  Launch launch(function, {grid_x, grid_y, grid_z}, {block_x, block_y, block_z},
                true, shared_bytes, arguments);
  RESULT(launch.enqueue_on(stream));
}

CUresult CUDAAPI cuGetErrorName(CUresult error, const char **name) {
  *name = (int)error == OUT_OF_MEMORY ? "CUDA_ERROR_OUT_OF_MEMORY"
          : (int)error == LAUNCH_FAILED ? "CUDA_ERROR_LAUNCH_FAILED"
                                        : "CUDA_ERROR_EMULATED";
  RESULT(SUCCESS);
}

CUresult CUDAAPI cuGetErrorString(CUresult error, const char **meaning) {
  *meaning = (int)error == OUT_OF_MEMORY ? "out of memory" : "an emulated error";
  RESULT(SUCCESS);
}

int nvrtcVersion(int *major, int *minor) {
  *major = 13;
  *minor = 0;
  return outcome("nvrtcVersion");
}

int nvrtcGetNumSupportedArchs(int *count) {
  *count = 3;
  return outcome("nvrtcGetNumSupportedArchs");
}

int nvrtcGetSupportedArchs(int *architectures) {
  architectures[0] = 75;
  architectures[1] = 90;
  architectures[2] = 120;
  return outcome("nvrtcGetSupportedArchs");
}

int nvrtcCreateProgram(void **program, const char *source, const char *, int, const char *const *,
                       const char *const *) {
  Sizes sizes;
  if (const char *line = strstr(source, "#define UNITS ")) {
    sscanf(line, "#define UNITS %d\n#define UNIT_TILES %d\n#define CLUSTER %d", &sizes.units,
           &sizes.unit_tiles, &sizes.cluster);
  }
  *program = new Sizes(sizes);
  return outcome("nvrtcCreateProgram");
}

int nvrtcCompileProgram(void *, int count, const char *const *options) {
  settings["compiled for a GPU"] = 0;
  for (int i = 0; i < count; i++) {
    std::string option = options[i];
    settings["option:" + option]++;
    settings["compiled for a GPU"] |= option.find("sm_") != std::string::npos;
  }
  return outcome("nvrtcCompileProgram");
}

static const char LOG[] = "lstm.cu(7): error: emulated";

/* The word "emulated", and the sizes. */
constexpr size_t IMAGE_BYTES = 64;

static void write_image(const void *program, char *image) {
  const Sizes *sizes = (const Sizes *)program;
  snprintf(image, IMAGE_BYTES, "emulated %d %d %d", sizes->units, sizes->unit_tiles,
           sizes->cluster);
}

int nvrtcGetProgramLogSize(void *, size_t *bytes) {
  *bytes = sizeof LOG;
  return outcome("nvrtcGetProgramLogSize");
}

int nvrtcGetProgramLog(void *, char *log) {
  memcpy(log, LOG, sizeof LOG);
  return outcome("nvrtcGetProgramLog");
}

int nvrtcGetCUBINSize(void *, size_t *bytes) {
  *bytes = IMAGE_BYTES;
  return outcome("nvrtcGetCUBINSize");
}

int nvrtcGetCUBIN(void *program, char *image) {
  write_image(program, image);
  return setting("compiled for a GPU", 0) ? outcome("nvrtcGetCUBIN") : 7;
}

int nvrtcGetPTXSize(void *, size_t *bytes) {
  *bytes = IMAGE_BYTES;
  return outcome("nvrtcGetPTXSize");
}

int nvrtcGetPTX(void *program, char *image) {
  write_image(program, image);
  return outcome("nvrtcGetPTX");
}

int nvrtcDestroyProgram(void **program) {
  delete (Sizes *)*program;
  return outcome("nvrtcDestroyProgram");
}

const char *nvrtcGetErrorString(int) { return "NVRTC_ERROR_EMULATED"; }

int cublasCreate_v2(void **handle) {
  *handle = new CUstream();
  int code = current_device() >= 0 ? outcome("cublasCreate_v2") : 1;
  settings["cublas handles"] += code == SUCCESS;
  return code;
}

int cublasDestroy_v2(void *handle) {
  delete (CUstream *)handle;
  settings["cublas handles"]--;
  return outcome("cublasDestroy_v2");
}

int cublasGetProperty(int property, int *value) {
  *value = property == 0 ? 13 : 1;
  return outcome("cublasGetProperty");
}

int cublasSetStream_v2(void *handle, void *stream) {
  *(CUstream *)handle = (CUstream)stream;
  return outcome("cublasSetStream_v2");
}

int cublasSetWorkspace_v2(void *, void *workspace, size_t bytes) {
  return inside((CUdeviceptr)(uintptr_t)workspace, bytes) ? outcome("cublasSetWorkspace_v2") : 7;
}

const char *cublasGetStatusString(int) { return "an emulated status"; }

/* C = alpha op(A) op(B) + beta C, column-major. */
int cublasGemmEx(void *handle, int transpose_a, int transpose_b, int m, int n, int k, const void *alpha,
                 const void *a, int type_a, int lda, const void *b, int type_b, int ldb,
                 const void *beta, void *c, int type_c, int ldc, int compute, int) {
  std::lock_guard<std::recursive_mutex> held(everything);
  if (int code = outcome("cublasGemmEx")) {
    return code;
  }
  if (type_a != type_b || type_c != TYPE_32F || (type_a != TYPE_32F && type_a != TYPE_16BF) ||
      (type_a == TYPE_16BF && compute != COMPUTE_32F) || lda < (transpose_a ? k : m) || ldb < (transpose_b ? n : k) ||
      ldc < m || m < 1 || n < 1 || k < 1) {
    return 7;
  }
  auto last = [](int columns, int stride, int rows, int type) {
    return (type == TYPE_16BF ? 2 : 4) * ((size_t)(columns - 1) * stride + rows);
  };
  size_t bytes_a = last(transpose_a ? m : k, lda, transpose_a ? k : m, type_a);
  size_t bytes_b = last(transpose_b ? k : n, ldb, transpose_b ? n : k, type_b);
  if (!inside((CUdeviceptr)(uintptr_t)a, bytes_a) || !inside((CUdeviceptr)(uintptr_t)b, bytes_b) ||
      !inside((CUdeviceptr)(uintptr_t)c, last(n, ldc, m, type_c))) {
    return 7;
  }
  if (known_products.insert({current_device(), transpose_a, transpose_b, m, n, k, lda, ldb, ldc})
          .second &&
      here().capturing) {
    here().invalidated = true;
    return 13;
  }
  float scale = setting("wrong products", 0) ? 1.01f : *(const float *)alpha;
  float kept = *(const float *)beta;
  bool rounded = setting("round factors to bfloat16", 0);
  Factor left = {a, type_a, compute, rounded};
  Factor right = {b, type_b, compute, rounded};
  long long micros = setting("micros of a product", 0);
  return enqueue(*(CUstream *)handle, [=] {
    float *result = (float *)c;
    std::vector<double> sums(m);
    take_time(micros);
    for (int j = 0; j < n; j++) {
      std::fill(sums.begin(), sums.end(), 0.0);
      for (int l = 0; l < k; l++) {
        double y = right.at(transpose_b ? j + (size_t)l * ldb : l + (size_t)j * ldb);
        for (int i = 0; i < m; i++) {
          sums[i] += y * left.at(transpose_a ? l + (size_t)i * lda : i + (size_t)l * lda);
        }
      }
      for (int i = 0; i < m; i++) {
        float *to = result + i + (size_t)j * ldc;
        *to = (float)(scale * sums[i] + (kept == 0 ? 0.0 : (double)kept * *to));
      }
    }
    return (int)SUCCESS;
  });
}

}  // extern "C"
