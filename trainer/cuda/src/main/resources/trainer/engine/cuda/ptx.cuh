/* Inline PTX. Conversions and products need compute capability 8.0. */

/* The bits of x rounded to tf32, which has 10 bits of mantissa; to nearest. */
__device__ inline unsigned to_tf32(float x) {
  unsigned bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
  return bits;
}

/* The bits of x rounded to bfloat16, to nearest. */
__device__ inline unsigned short to_bfloat16(float x) {
  unsigned short bits = 0;
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800 /* else not called */
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(x));
#endif
  return bits;
}

/*
 * d = d + a b on a warp: a has 16 rows, b 8 columns; the inner dimension is 8 for tf32 and 16 for
 * bfloat16, two per word. Lane l holds of a the words l % 4 and l % 4 + 4 of rows l / 4 and l / 4 +
 * 8 (a[1], a[3]), of b the same words of column l / 4, of d columns 2 (l % 4) and the next in the
 * same rows.
 */
__device__ inline void multiply_tf32(float d[4], const unsigned a[4], uint2 b) {
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b.x), "r"(b.y));
}

__device__ inline void multiply_bfloat16(float d[4], const unsigned a[4], uint2 b) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b.x), "r"(b.y));
}

/*
 * Words that other blocks write meanwhile, in global memory or in the shared memory of a cluster,
 * which a generic address names alike. Each is read and written whole, which is all that is needed:
 * nothing else depends on their order.
 */
__device__ inline unsigned peek(const unsigned *address) {
  unsigned word;
  asm volatile("ld.relaxed.gpu.u32 %0, [%1];" : "=r"(word) : "l"(address) : "memory");
  return word;
}

__device__ inline unsigned long long peek(const unsigned long long *address) {
  unsigned long long word;
  asm volatile("ld.relaxed.gpu.u64 %0, [%1];" : "=l"(word) : "l"(address) : "memory");
  return word;
}

/* 16 bytes of words. */
__device__ inline void peek_together(const unsigned *address, unsigned (&words)[4]) {
  asm volatile("ld.relaxed.gpu.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
               : "l"(address)
               : "memory");
}

__device__ inline void peek_together(const unsigned long long *address,
                                     unsigned long long (&words)[2]) {
  asm volatile("ld.relaxed.gpu.v2.u64 {%0, %1}, [%2];"
               : "=l"(words[0]), "=l"(words[1])
               : "l"(address)
               : "memory");
}

__device__ inline void tell(unsigned *address, unsigned word) {
  asm volatile("st.relaxed.gpu.u32 [%0], %1;" : : "l"(address), "r"(word) : "memory");
}

__device__ inline void tell(unsigned long long *address, unsigned long long word) {
  asm volatile("st.relaxed.gpu.u64 [%0], %1;" : : "l"(address), "l"(word) : "memory");
}

/* Two neighbours. */
__device__ inline void tell_two(unsigned *address, unsigned one, unsigned next) {
  asm volatile("st.relaxed.gpu.v2.u32 [%0], {%1, %2};"
               :
               : "l"(address), "r"(one), "r"(next)
               : "memory");
}

__device__ inline void tell_two(unsigned long long *address, unsigned long long one,
                                unsigned long long next) {
  asm volatile("st.relaxed.gpu.v2.u64 [%0], {%1, %2};"
               :
               : "l"(address), "l"(one), "l"(next)
               : "memory");
}

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900

/* The same place in the shared memory of another block of the cluster. */
template <class Word>
__device__ inline Word *peer(Word *own, unsigned block) {
  Word *there;
  asm("mapa.u64 %0, %1, %2;" : "=l"(there) : "l"(own), "r"(block));
  return there;
}

/* Waits for all threads of the cluster, whose writes to shared memory are visible then. */
__device__ inline void cluster_barrier() {
  asm volatile("barrier.cluster.arrive;\n\tbarrier.cluster.wait;" : : : "memory");
}

#else /* not called */

template <class Word>
__device__ inline Word *peer(Word *own, unsigned) {
  return own;
}

__device__ inline void cluster_barrier() {}

#endif

/* The dynamic shared memory of the block. */
__device__ inline float4 *shared_memory() {
  extern __shared__ float4 memory[];
  return memory;
}
