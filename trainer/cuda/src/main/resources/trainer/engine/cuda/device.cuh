/* What several kernels use. NVRTC compiles all files as one, without any header of CUDA's. */

#define WARP 32
#define ALL_LANES 0xffffffffu

__device__ inline float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

/* The sum over the warp, in every lane, added in the same order whatever runs when. */
__device__ inline float warp_sum(float x) {
  for (int distance = WARP / 2; distance > 0; distance /= 2) {
    x += __shfl_xor_sync(ALL_LANES, x, distance, WARP);
  }
  return x;
}

/* What one iteration is told: written by the host before each launch. */
struct Control {
  unsigned sequence; /* comes back with the result */
  float rate;        /* what the update is multiplied by */
  float epsilon;     /* added to the root of the mean square */
  float keep;        /* what weights are multiplied by first: 1 - learning rate * decay */
};
