/* Sums over GPUs that use each other's memory. */

#define MOST_GPUS 16

/* The gradients of the GPUs that train together, each in the memory of its own. */
struct Gradients {
  float *of[MOST_GPUS];
};

/*
 * Replaces elements [from, to) of all gradients by their sums, added in the order of TreeOrder. One
 * thread per element. Each GPU has elements of its own, so no other one reads or writes them.
 */
extern "C" __global__ void sum_gradients(Gradients gradients, int gpus, int from, int to) {
  int k = from + blockIdx.x * blockDim.x + threadIdx.x;
  if (k >= to) {
    return;
  }
  float sums[MOST_GPUS]; /* in registers: all loops unroll */
#pragma unroll
  for (int gpu = 0; gpu < MOST_GPUS; gpu++) {
    sums[gpu] = gpu < gpus ? gradients.of[gpu][k] : 0.0f;
  }
#pragma unroll
  for (int distance = 1; distance < MOST_GPUS; distance *= 2) {
#pragma unroll
    for (int gpu = 0; gpu < MOST_GPUS - distance; gpu += 2 * distance) {
      if (gpu + distance < gpus) {
        sums[gpu] += sums[gpu + distance];
      }
    }
  }
#pragma unroll
  for (int gpu = 0; gpu < MOST_GPUS; gpu++) {
    if (gpu < gpus) {
      gradients.of[gpu][k] = sums[0];
    }
  }
}
