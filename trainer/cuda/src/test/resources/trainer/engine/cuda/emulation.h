/*
 * What kernels written for NVIDIA GPUs need in order to be compiled as C++ and run on a CPU: one
 * block after the other, in a random order, or all blocks at once where they wait for each other;
 * every thread a fiber that runs until it waits for others. The order in which threads get on is
 * random too, and at random times a block gets ahead as far as it can while the others stand still,
 * so that arithmetic that relies on another order than the barriers give shows up as wrong numbers.
 */
#pragma once
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <utility>
#include <vector>
#include <ucontext.h>

#define __global__
#define __device__
#define __shared__ static
#define __launch_bounds__(threads, blocks)

struct Dimensions {
  unsigned x = 1, y = 1, z = 1;
};

struct alignas(8) float2 {
  float x, y;
};

struct alignas(16) float4 {
  float x, y, z, w;
};

struct alignas(8) uint2 {
  unsigned x, y;
};

struct alignas(16) uint4 {
  unsigned x, y, z, w;
};

static Dimensions threadIdx, blockIdx, blockDim, gridDim;

namespace emulation {

constexpr int WARP_SIZE = 32;
constexpr int MOST_CLUSTER = 16; /* blocks */
/* Not 64 KiB: the ends of stacks that lie one after the other would share lines of a cache. */
constexpr size_t STACK_BYTES = 64 * 1024 + 17 * 64;

/* A number of threads that wait for each other. */
struct Barrier {
  int size = 0;
  int arrived = 0;
  long passed = 0;
};

/* What a thread gives to its warp. */
typedef std::array<uint64_t, 3> Word;

/* A block of threads. */
struct Block {
  std::vector<unsigned> view; /* of the cached memory, while other blocks run */
  std::vector<unsigned> base; /* the same at the start */
  Dimensions index;
  int threads = 0;  /* that have not ended */
  long written = -1; /* the cluster's barriers before another block's last write to this one */
  Barrier barrier;
  std::vector<Barrier> warps;
  std::vector<Word> exchanged; /* by thread, twice: for one exchange, and the next */
  char *shared = nullptr;                         /* memory whose size the launch says */
  size_t shared_bytes = 0;

  bool has(const void *address) const {
    return (const char *)address >= shared && (const char *)address < shared + shared_bytes;
  }
};

typedef void *Point[5]; /* where a fiber gets on: without registers, which the compiler saves */

/* First what the scheduler looks at, in one line of a cache. */
struct alignas(64) Fiber {
  Barrier *barrier = nullptr;
  long passed = 0;
  bool started = false;
  bool finished = true;
  bool polls = false;
  const void *polled = nullptr; /* what it looked at last, and saw there */
  size_t seen_bytes = 0;
  char seen[16];
  Block *block = nullptr;
  Point resume;
  Dimensions thread;
  int number = 0;           /* of the thread in its block */
  int cluster_barriers = 0; /* that it has come to */
  int exchanges = 0;
  std::unique_ptr<char[]> stack{new char[STACK_BYTES]};

  bool sees_the_same() const { return memcmp(polled, seen, seen_bytes) == 0; }

  bool waits() const {
    return (barrier && barrier->passed == passed) || (polls && sees_the_same());
  }
};

static std::vector<std::unique_ptr<Fiber>> fibers;
static Fiber *running; /* null: threads run one after the other, without fibers */
static Point scheduler;
static std::function<void()> body;
static std::vector<Block> blocks;
static Barrier of_all; /* blocks: those of a cluster */
static bool misused;
static uint32_t random_state = 1;

static uint32_t random_below(uint32_t bound) {
  random_state = random_state * 1664525u + 1013904223u;
  return (uint32_t)(((uint64_t)random_state * bound) >> 32);
}

/*
 * Memory that is cached: each block has a view of its own, and no kernel has a fence. What a block
 * writes reaches the others when the kernel ends.
 */
struct Cached {
  unsigned *memory = nullptr; /* null: not cached */
  size_t words = 0;
  std::vector<unsigned> published;
  Block *block = nullptr; /* whose view is in the memory */
};
static Cached cached;

static void start_caching(unsigned *memory, size_t words) {
  cached = {memory, words, {memory, memory + words}, nullptr};
  for (Block &block : blocks) {
    block.view = block.base = cached.published;
  }
}

static void see_as(Block *block) {
  if (cached.memory && cached.block != block) {
    if (cached.block) {
      memcpy(cached.block->view.data(), cached.memory, 4 * cached.words);
    }
    memcpy(cached.memory, block->view.data(), 4 * cached.words);
    cached.block = block;
  }
}

static void publish() {
  for (size_t i = 0; i < cached.words && cached.memory; i++) {
    if (cached.memory[i] != cached.block->base[i]) {
      cached.published[i] = cached.memory[i];
    }
  }
}

static void stop_caching() {
  for (Block &block : blocks) {
    see_as(&block);
    publish();
  }
  if (cached.memory) {
    memcpy(cached.memory, cached.published.data(), 4 * cached.words);
  }
  cached = {};
}

/* Of its own: the compiler wants no jump in the function that set the point. */
[[noreturn]] static void jump(Point to) { __builtin_longjmp(to, 1); }

/* For the compiler, other code runs where a fiber stops: it may change any register. */
#define SWITCHES __attribute__((noipa))

SWITCHES static void yield() {
  Fiber *self = running;
  if (!__builtin_setjmp(self->resume)) {
    jump(scheduler);
  }
}

static void enter_fiber() {
  for (;;) {
    body();
    running->finished = true;
    yield();
  }
}

SWITCHES static void resume(Fiber *fiber) {
  running = fiber;
  see_as(fiber->block);
  threadIdx = fiber->thread;
  blockIdx = fiber->block->index;
  if (!__builtin_setjmp(scheduler)) {
    if (fiber->started) {
      jump(fiber->resume);
    }
    fiber->started = true;
    ucontext_t start;
    getcontext(&start);
    start.uc_stack.ss_sp = fiber->stack.get();
    start.uc_stack.ss_size = STACK_BYTES;
    start.uc_link = nullptr;
    makecontext(&start, enter_fiber, 0);
    setcontext(&start);
  }
}

static void wait_at(Barrier &barrier) {
  if (!running) {
    misused = true;
    return;
  }
  if (++barrier.arrived == barrier.size) {
    barrier.arrived = 0;
    barrier.passed++;
    return;
  }
  running->barrier = &barrier;
  running->passed = barrier.passed;
  yield();
  running->barrier = nullptr;
}

static Barrier &own_barrier() {
  static Barrier none;
  return running ? running->block->barrier : none;
}

static Barrier &own_warp() {
  static Barrier none;
  return running ? running->block->warps[running->number / WARP_SIZE] : none;
}

/* What the lanes of a warp have given. */
template <class T>
struct Lanes {
  const Word *first;

  T operator[](int lane) const {
    T value;
    memcpy(&value, &first[lane], sizeof value);
    return value;
  }
};

/*
 * What `read` makes of what all lanes of the warp give, and of its own lane. The next exchange has
 * other words, and the one after it comes when all lanes have read these.
 */
template <class T, class R>
static auto exchange(T value, R read) {
  static Word alone[WARP_SIZE];
  Word *words = alone;
  int lane = 0;
  static_assert(sizeof value <= sizeof alone[0], "too much to exchange");
  if (running) {
    Block &block = *running->block;
    lane = running->number % WARP_SIZE;
    words = &block.exchanged[running->exchanges++ % 2 * block.exchanged.size() / 2 +
                             running->number - lane];
    memcpy(&words[lane], &value, sizeof value);
    wait_at(own_warp());
  } else {
    misused = true;
    memcpy(&alone[0], &value, sizeof value);
  }
  return read(Lanes<T>{words}, lane);
}

/* Waits, if it looked before, until the words are others than then, or nothing else moves. */
template <class W>
static void look_again(const W *address, size_t count, W *words) {
  Fiber *self = running;
  size_t bytes = count * sizeof(W);
  if (self->polled == address && self->seen_bytes == bytes && self->sees_the_same()) {
    self->polls = true;
    yield();
    self->polls = false;
  }
  self->polled = address;
  self->seen_bytes = bytes;
  memcpy(self->seen, address, bytes);
  memcpy(words, address, bytes);
}

static void prepare(Fiber &fiber, Block &block, int number) {
  fiber.number = number;
  fiber.block = &block;
  fiber.thread = {number % blockDim.x, number / blockDim.x % blockDim.y,
                  number / blockDim.x / blockDim.y};
  fiber.finished = false;
  fiber.barrier = nullptr;
  fiber.cluster_barriers = 0;
  fiber.exchanges = 0;
  fiber.polled = nullptr;
}

/*
 * A thread has ended. After the last write to its block from another one, the cluster must have
 * waited: else the block might end before.
 */
static void leave(Block &block) {
  misused |= block.written >= of_all.passed;
  block.threads--;
}

static std::vector<Fiber *> shuffled(int from, int count) {
  std::vector<Fiber *> order(count);
  for (int i = 0; i < count; i++) {
    order[i] = fibers[from + i].get();
    std::swap(order[i], order[random_below(i + 1)]);
  }
  return order;
}

/* Runs a thread until it waits; left: threads that have not ended. */
static void step(Fiber *fiber, int &left) {
  resume(fiber);
  if (fiber->finished) {
    leave(*fiber->block);
    left--;
  }
}

/* Runs blocks whose threads wait for each other; false where they wait for ever. */
static bool run_fibers(int threads) {
  int count = (int)blocks.size();
  of_all = Barrier{count * threads, 0, 0};
  while ((int)fibers.size() < count * threads) {
    fibers.push_back(std::make_unique<Fiber>());
  }
  for (int b = 0; b < count; b++) {
    Block &block = blocks[b];
    block.barrier = Barrier{threads, 0, 0};
    block.threads = threads;
    block.warps.assign((threads + WARP_SIZE - 1) / WARP_SIZE, Barrier{});
    block.exchanged.assign(2 * block.warps.size() * WARP_SIZE, {});
    for (int i = 0; i < threads; i++) {
      block.warps[i / WARP_SIZE].size++;
      prepare(*fibers[b * threads + i], block, i);
    }
  }
  std::vector<Fiber *> order;
  int ahead = -1; /* the block that gets on alone */
  unsigned rounds = 0;
  for (int left = count * threads; left > 0;) {
    if (rounds-- == 0) {
      ahead = count > 1 && random_below(2) ? (int)random_below(count) : -1;
      rounds = random_below(64);
      order = shuffled(ahead < 0 ? 0 : ahead * threads, ahead < 0 ? count * threads : threads);
    }
    bool moved = false;
    size_t next = random_below((uint32_t)order.size()); /* another one is first in each round */
    for (size_t k = 0; k < order.size(); k++) {
      Fiber *fiber = order[next];
      next = next + 1 == order.size() ? 0 : next + 1;
      if (!fiber->finished && !fiber->waits()) {
        step(fiber, left);
        moved = true;
      }
    }
    if (!moved && ahead < 0) { /* time passes for those that poll */
      for (Fiber *fiber : order) {
        if (!fiber->finished && fiber->polls) {
          step(fiber, left);
          moved = true;
        }
      }
      if (moved) {
        continue;
      }
      fibers.clear();
      running = nullptr;
      return false;
    }
    if (!moved) {
      rounds = 0;
      ahead = -1;
    }
  }
  running = nullptr;
  return true;
}

static void run_threads() {
  running = nullptr;
  for (threadIdx.z = 0; threadIdx.z < blockDim.z; threadIdx.z++) {
    for (threadIdx.y = 0; threadIdx.y < blockDim.y; threadIdx.y++) {
      for (threadIdx.x = 0; threadIdx.x < blockDim.x; threadIdx.x++) {
        body();
      }
    }
  }
}

/*
 * Faults that tests plant where blocks wait for each other: a wrong sum; words that arrive in two
 * pieces; words that never do; a cluster whose blocks do not wait at the start, or at the end; words
 * that go to another block's shared memory.
 */
enum class Fault { NONE, WRONG_SUM, RACE, HANG, NO_START, NO_END, WRONG_PEER };
static Fault planted;

/* Who waits for whom in a kernel. */
enum class Waiting { NOBODY, THREADS_OF_A_BLOCK, ALL };

/* Memory of a block whose size the launch says, with guards around it. */
struct SharedMemory {
  static constexpr size_t GUARD = 64;
  static constexpr char RED = 0x5a;
  std::unique_ptr<char[]> all;
  size_t bytes;

  explicit SharedMemory(size_t size) : all(new char[size + 3 * GUARD]), bytes(size) {
    memset(all.get(), RED, size + 3 * GUARD);
    memset(start(), 0xff, size); /* not a number in every type */
  }

  char *start() const {
    uintptr_t from = (uintptr_t)all.get() + GUARD;
    return (char *)((from + GUARD - 1) / GUARD * GUARD);
  }

  bool intact() const {
    bool untouched = true;
    for (size_t i = 0; i < GUARD; i++) {
      untouched &= start()[-1 - (long)i] == RED && start()[bytes + i] == RED;
    }
    return untouched;
  }
};

static std::pair<unsigned *, size_t> to_cache; /* memory of the next launch, and its words */

/* Runs some of a grid's blocks, all at once. */
static bool run_blocks(const std::vector<unsigned> &numbers, size_t shared_bytes) {
  std::vector<SharedMemory> memories;
  blocks.assign(numbers.size(), Block{});
  for (size_t i = 0; i < numbers.size(); i++) {
    unsigned b = numbers[i];
    memories.emplace_back(shared_bytes);
    blocks[i].index = {b % gridDim.x, b / gridDim.x % gridDim.y, b / gridDim.x / gridDim.y};
    blocks[i].shared = memories[i].start();
    blocks[i].shared_bytes = shared_bytes;
  }
  start_caching(to_cache.first, to_cache.second);
  bool done = run_fibers(blockDim.x * blockDim.y * blockDim.z);
  stop_caching();
  for (const SharedMemory &memory : memories) {
    done &= memory.intact();
  }
  return done;
}

/* `count` numbers from `from` on, in an order that is drawn. */
static std::vector<unsigned> in_some_order(unsigned from, unsigned count) {
  unsigned first = random_below(count);
  bool upwards = random_below(2);
  std::vector<unsigned> order;
  for (unsigned i = 0; i < count; i++) {
    order.push_back(from + (first + (upwards ? i : count - i)) % count);
  }
  return order;
}

/*
 * Runs a kernel.
 *
 * together: neighbouring blocks that are on the GPU at once: all, those of a cluster, or one
 * returns false where threads wait for ever, or wait although the kernel is said not to, or write
 * beyond the block's memory, or to that of a block that may not have started or may have ended
 */
static bool launch(Dimensions grid, Dimensions block, Waiting waiting, unsigned together,
                   size_t shared_bytes, const std::function<void()> &kernel) {
  gridDim = grid;
  blockDim = block;
  body = kernel;
  misused = false;
  for (unsigned b : in_some_order(0, grid.x * grid.y * grid.z / together)) {
    if (waiting == Waiting::NOBODY) {
      blockIdx = {b % grid.x, b / grid.x % grid.y, b / grid.x / grid.y};
      run_threads();
    } else if (!run_blocks(in_some_order(b * together, together), shared_bytes)) {
      return false;
    }
  }
  return !misused;
}

}  // namespace emulation

static inline void __syncthreads() { emulation::wait_at(emulation::own_barrier()); }

static inline void __syncwarp() { emulation::wait_at(emulation::own_warp()); }

template <class T>
static inline T __shfl_xor_sync(unsigned, T value, int mask, int) {
  return emulation::exchange(
      value, [=](emulation::Lanes<T> values, int lane) { return values[lane ^ mask]; });
}

static inline unsigned __ballot_sync(unsigned, int predicate) {
  return emulation::exchange(predicate ? 1u : 0u, [](emulation::Lanes<unsigned> values, int) {
    unsigned result = 0;
    for (int lane = 0; lane < emulation::WARP_SIZE; lane++) {
      result |= values[lane] << lane;
    }
    return result;
  });
}

static inline int __popc(unsigned bits) { return __builtin_popcount(bits); }

static inline unsigned __float_as_uint(float value) {
  unsigned bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static inline float __uint_as_float(unsigned bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* The kernels' ptx.cuh, on a CPU. */

static inline unsigned to_tf32(float x) {
  unsigned bits = __float_as_uint(x);
  return x != x ? bits : (bits + 0x1000u) & ~0x1fffu; /* ties away from zero */
}

static inline unsigned short to_bfloat16(float x) {
  unsigned bits = __float_as_uint(x);
  bits += 0x7fffu + (bits >> 16 & 1u); /* ties to even */
  return x != x ? 0x7fff : (unsigned short)(bits >> 16);
}

namespace emulation {

struct Factors {
  unsigned a[4];
  unsigned b[2];
};

/* product: of two words */
template <class P>
static void multiply(float d[4], const unsigned a[4], uint2 b, P product) {
  Factors mine = {{a[0], a[1], a[2], a[3]}, {b.x, b.y}};
  std::array<float, 4> added = exchange(mine, [&](Lanes<Factors> lanes, int lane) {
    std::array<float, 4> result;
    for (int i = 0; i < 4; i++) {
      int row = lane / 4 + i / 2 * 8;
      int column = 2 * (lane % 4) + i % 2;
      double sum = d[i];
      for (int word = 0; word < 8; word++) {
        sum += product(lanes[row % 8 * 4 + word % 4].a[row / 8 + word / 4 * 2],
                       lanes[column * 4 + word % 4].b[word / 4]);
      }
      result[i] = (float)sum;
    }
    return result;
  });
  memcpy(d, added.data(), sizeof added);
}

}  // namespace emulation

static inline void multiply_tf32(float d[4], const unsigned a[4], uint2 b) {
  emulation::multiply(d, a, b, [](unsigned x, unsigned y) {
    return (double)__uint_as_float(x) * __uint_as_float(y);
  });
}

static inline void multiply_bfloat16(float d[4], const unsigned a[4], uint2 b) {
  emulation::multiply(d, a, b, [](unsigned x, unsigned y) {
    return (double)__uint_as_float(x << 16) * __uint_as_float(y << 16) +
           (double)__uint_as_float(x & 0xffff0000u) * __uint_as_float(y & 0xffff0000u);
  });
}

namespace emulation {

/* Where words of this size have the number of the exchange. */
static inline unsigned number_bits(unsigned) { return 3u; }

static inline unsigned long long number_bits(unsigned long long) { return ~0ull << 32; }

template <class W>
static void read_words(const W *address, size_t count, W *words) {
  look_again(address, count, words);
  for (size_t i = 0; i < count && planted == Fault::HANG; i++) {
    words[i] ^= number_bits(words[i]) & ~(number_bits(words[i]) << 1); /* odd for even */
  }
}

/* A write to the shared memory of another block of the cluster, which must exist. */
static void check_write(const void *address) {
  if (blocks.size() > (size_t)MOST_CLUSTER) {
    return;
  }
  for (Block &block : blocks) {
    if (&block != running->block && block.has(address)) {
      misused |= of_all.passed == 0 || block.threads == 0;
      block.written = of_all.passed;
    }
  }
}

template <class W>
static void write_word(W *address, W word) {
  check_write(address);
  if (planted == Fault::RACE) {
    *address = (word & number_bits(word)) | (*address & ~number_bits(word));
    for (int i = 0; i < 64; i++) { /* long enough for others to see it */
      yield();
    }
  }
  *address = word;
}

}  // namespace emulation

template <class W>
static inline W peek(const W *address) {
  W word;
  emulation::read_words(address, 1, &word);
  return word;
}

template <class W, size_t N>
static inline void peek_together(const W *address, W (&words)[N]) {
  emulation::misused |= (uintptr_t)address % 16 != 0;
  emulation::read_words(address, N, words);
}

template <class W>
static inline void tell(W *address, W word) {
  emulation::write_word(address, word);
}

template <class W>
static inline void tell_two(W *address, W one, W next) {
  emulation::misused |= (uintptr_t)address % (2 * sizeof(W)) != 0;
  emulation::write_word(address, one);
  emulation::write_word(address + 1, next);
}

/* The blocks that run together are a cluster. */
template <class W>
static inline W *peer(W *own, unsigned rank) {
  using namespace emulation;
  unsigned size = (unsigned)blocks.size();
  misused |= rank >= size || !running->block->has(own);
  rank = (rank + (planted == Fault::WRONG_PEER)) % size;
  W *there = own;
  for (Block &block : blocks) {
    if (block.index.x % size == rank) {
      there = (W *)(block.shared + ((char *)own - running->block->shared));
    }
  }
  return there;
}

static inline void cluster_barrier() {
  using namespace emulation;
  bool first = running->cluster_barriers++ == 0;
  if (planted != (first ? Fault::NO_START : Fault::NO_END)) {
    wait_at(of_all);
  }
}

static inline float4 *shared_memory() { return (float4 *)emulation::running->block->shared; }
