/*
 * Writes the bfloat16 copy of factors that no kernel has computed: what the host has written.
 *
 * from, copy  [elements]
 */
extern "C" __global__ void copy_factors(int elements, const float *from, unsigned short *copy) {
  int k = blockIdx.x * blockDim.x + threadIdx.x;
  if (k < elements) {
    copy[k] = to_bfloat16(from[k]);
  }
}
