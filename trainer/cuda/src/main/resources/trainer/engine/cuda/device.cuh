/* Code shared by the kernels. NVRTC compiles all files as one program, without CUDA headers. */

#define WARP 32
#define ALL_LANES 0xffffffffu

__device__ inline float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

/* The sum over the warp, in every lane. The order of additions is fixed. */
__device__ inline float warp_sum(float x) {
  for (int distance = WARP / 2; distance > 0; distance /= 2) {
    x += __shfl_xor_sync(ALL_LANES, x, distance, WARP);
  }
  return x;
}

/*
 * Products in bfloat16 read copies of their factors, which the kernels that compute the factors
 * write too. Where products have another precision, a copy is null.
 */
__device__ inline void write_copy(unsigned short *copy, size_t at, float x) {
  if (copy) {
    copy[at] = to_bfloat16(x);
  }
}

/* Neighbours in bfloat16, in one word. */
__device__ inline unsigned two_bfloat16(float x, float next) {
  return to_bfloat16(x) | (unsigned)to_bfloat16(next) << 16;
}

/* Scalars of one iteration, written by the host before each launch. */
struct Control {
  unsigned sequence; /* published with the result */
  float rate;        /* learning rate, bias correction included */
  float epsilon;     /* added to the root of the mean square */
  float keep;        /* decoupled weight decay: 1 - learning rate * decay */
};
