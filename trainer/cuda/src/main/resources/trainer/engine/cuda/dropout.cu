/* SplitMix64's finalizer. */
__device__ inline unsigned long long mix(unsigned long long z) {
  z ^= z >> 30;
  z *= 0xBF58476D1CE4E5B9ull;
  z ^= z >> 27;
  z *= 0x94D049BB133111EBull;
  return z ^ z >> 31;
}

/*
 * Dropout, with the same masks on all engines: an element is kept if 24 bits, a function of the key
 * and the element's index, reach a threshold. Forward on outputs, backward on their gradients;
 * `from` and `to` may be equal.
 *
 * The masks are those of all lanes, of which the elements may be a part.
 *
 * key        [1], of seed, iteration and layer
 * threshold  probability of being dropped, in units of 2^-24, rounded up
 * scale      of kept elements: 1 / (1 - probability)
 * first      index of the first element in [steps, lanes, units]
 * columns    lanes times units; `all` those of all lanes, `before` those of the lanes before these
 * from, to   [elements]
 * copy       [elements]  out: `to` in bfloat16; may be null
 */
extern "C" __global__ void dropout(int elements, int first, int columns, long long all,
                                   long long before, const unsigned long long *key,
                                   unsigned threshold, float scale, const float *from, float *to,
                                   unsigned short *copy) {
  int element = blockIdx.x * blockDim.x + threadIdx.x;
  if (element >= elements) {
    return;
  }
  int index = first + element;
  unsigned long long of_all = index / columns * all + before + index % columns;
  unsigned long long bits = mix(*key + of_all * 0x9E3779B97F4A7C15ull);
  float x = (unsigned)(bits >> 40) >= threshold ? scale * from[element] : 0.0f;
  to[element] = x;
  write_copy(copy, element, x);
}
