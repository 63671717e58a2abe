/*
 * What kernels written for NVIDIA GPUs need in order to be compiled as C++ and run on a CPU: one
 * block after the other, in a random order, every thread of a block a fiber that runs until it waits
 * for others. The order in which the threads of a block get on is random too, so that arithmetic
 * that relies on another order than the barriers give shows up as wrong numbers.
 */
#pragma once
#include <csetjmp>
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
#define __device__ static
#define __shared__ static

struct Dimensions {
  unsigned x = 1, y = 1, z = 1;
};

static Dimensions threadIdx, blockIdx, blockDim, gridDim;

namespace emulation {

constexpr int WARP_SIZE = 32;
constexpr size_t STACK_BYTES = 64 * 1024;

/* A number of threads that wait for each other. */
struct Barrier {
  int size = 0;
  int arrived = 0;
  long passed = 0;
};

struct Fiber {
  ucontext_t start;
  jmp_buf resume;
  std::unique_ptr<char[]> stack{new char[STACK_BYTES]};
  bool started = false;
  bool finished = true;
  Dimensions thread;
  int number = 0;
  Barrier *barrier = nullptr;
  long passed = 0;

  bool waits() const { return barrier && barrier->passed == passed; }
};

static std::vector<std::unique_ptr<Fiber>> fibers;
static Fiber *running; /* null: threads run one after the other, without fibers */
static jmp_buf scheduler;
static std::function<void()> body;
static Barrier block_barrier;
static std::vector<Barrier> warp_barriers;
static std::vector<uint64_t> exchanged;
static bool misused;
static uint32_t random_state = 1;

static uint32_t random_below(uint32_t bound) {
  random_state = random_state * 1664525u + 1013904223u;
  return (uint32_t)(((uint64_t)random_state * bound) >> 32);
}

static void yield() {
  Fiber *self = running;
  if (!_setjmp(self->resume)) {
    _longjmp(scheduler, 1);
  }
}

static void enter_fiber() {
  for (;;) {
    body();
    running->finished = true;
    yield();
  }
}

static void resume(Fiber *fiber) {
  running = fiber;
  threadIdx = fiber->thread;
  if (!_setjmp(scheduler)) {
    if (fiber->started) {
      _longjmp(fiber->resume, 1);
    }
    fiber->started = true;
    getcontext(&fiber->start);
    fiber->start.uc_stack.ss_sp = fiber->stack.get();
    fiber->start.uc_stack.ss_size = STACK_BYTES;
    fiber->start.uc_link = nullptr;
    makecontext(&fiber->start, enter_fiber, 0);
    setcontext(&fiber->start);
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

static Barrier &own_warp() {
  static Barrier none;
  return running ? warp_barriers[running->number / WARP_SIZE] : none;
}

/* What every lane of the warp gives, as all of them see it: `read` gets the 32 values. */
template <class T, class R>
static T exchange(T value, R read) {
  if (!running) {
    misused = true;
    return value;
  }
  int first = running->number / WARP_SIZE * WARP_SIZE;
  memcpy(&exchanged[running->number], &value, sizeof value);
  wait_at(own_warp());
  T values[WARP_SIZE];
  for (int lane = 0; lane < WARP_SIZE; lane++) {
    memcpy(&values[lane], &exchanged[first + lane], sizeof value);
  }
  wait_at(own_warp());
  return read(values);
}

/* Runs a block whose threads wait for each other; false where they wait for ever. */
static bool run_fibers(int threads) {
  while ((int)fibers.size() < threads) {
    fibers.push_back(std::make_unique<Fiber>());
  }
  block_barrier = Barrier{threads, 0, 0};
  warp_barriers.assign((threads + WARP_SIZE - 1) / WARP_SIZE, Barrier{});
  exchanged.assign(threads, 0);
  std::vector<int> order(threads);
  for (int i = 0; i < threads; i++) {
    Fiber &fiber = *fibers[i];
    fiber.number = i;
    fiber.thread = {i % blockDim.x, i / blockDim.x % blockDim.y, i / blockDim.x / blockDim.y};
    fiber.finished = false;
    fiber.barrier = nullptr;
    warp_barriers[i / WARP_SIZE].size++;
    order[i] = i;
  }
  int left = threads;
  while (left > 0) {
    for (int i = threads - 1; i > 0; i--) {
      std::swap(order[i], order[random_below(i + 1)]);
    }
    bool moved = false;
    for (int i = 0; i < threads; i++) {
      Fiber *fiber = fibers[order[i]].get();
      if (!fiber->finished && !fiber->waits()) {
        resume(fiber);
        moved = true;
        left -= fiber->finished;
      }
    }
    if (!moved) {
      fibers.clear();
      running = nullptr;
      return false;
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
 * Runs a kernel.
 *
 * cooperative: whether its threads wait for each other
 * returns false where threads wait for ever, or wait although the kernel is not cooperative
 */
static bool launch(Dimensions grid, Dimensions block, bool cooperative,
                   const std::function<void()> &kernel) {
  gridDim = grid;
  blockDim = block;
  body = kernel;
  misused = false;
  unsigned blocks = grid.x * grid.y * grid.z;
  unsigned first = random_below(blocks);
  bool upwards = random_below(2);
  for (unsigned i = 0; i < blocks; i++) {
    unsigned b = (first + (upwards ? i : blocks - i)) % blocks;
    blockIdx = {b % grid.x, b / grid.x % grid.y, b / grid.x / grid.y};
    if (!cooperative) {
      run_threads();
    } else if (!run_fibers(block.x * block.y * block.z)) {
      return false;
    }
  }
  return !misused;
}

}  // namespace emulation

static inline void __syncthreads() { emulation::wait_at(emulation::block_barrier); }

static inline void __syncwarp() { emulation::wait_at(emulation::own_warp()); }

template <class T>
static inline T __shfl_xor_sync(unsigned, T value, int mask, int) {
  int lane = emulation::running ? emulation::running->number % emulation::WARP_SIZE : 0;
  return emulation::exchange(value, [=](const T *values) { return values[lane ^ mask]; });
}

static inline unsigned __ballot_sync(unsigned, int predicate) {
  return emulation::exchange(predicate ? 1u : 0u, [](const unsigned *values) {
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
