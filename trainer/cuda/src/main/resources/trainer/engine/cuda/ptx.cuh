/* Inline PTX. Conversions and products need compute capability 8.0. */

/* The bits of x rounded to tf32, which has 10 bits of mantissa; to nearest. */
__device__ inline unsigned to_tf32(float x) {
  unsigned bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
  return bits;
}

/* The bits of x rounded to bfloat16, to nearest. */
__device__ inline unsigned short to_bfloat16(float x) {
  unsigned short bits;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(x));
  return bits;
}

/*
 * d = d + a b on a warp: a has 16 rows, b 8 columns; the inner dimension is 8 for tf32 and 16 for
 * bfloat16, two per word. Lane l holds of a the words l % 4 and l % 4 + 4 of rows l / 4 and l / 4 +
 * 8 (a[1], a[3]), of b the same words of column l / 4, of d columns 2 (l % 4) and the next in the
 * same rows.
 */
__device__ inline void multiply_tf32(float d[4], const unsigned a[4], const unsigned b[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

__device__ inline void multiply_bfloat16(float d[4], const unsigned a[4], const unsigned b[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/* Adds one; what the block has written before, and a barrier has ordered, becomes visible first. */
__device__ inline void announce(unsigned *address) {
  asm volatile("red.release.gpu.add.u32 [%0], 1;" : : "l"(address) : "memory");
}

/* What other blocks announced before a number that `poll` has read is visible to this block. */
__device__ inline void observe() { asm volatile("fence.acq_rel.gpu;" : : : "memory"); }

/* Reads a number that other blocks write. */
__device__ inline unsigned poll(const unsigned *address) {
  unsigned value;
  asm volatile("ld.relaxed.gpu.u32 %0, [%1];" : "=r"(value) : "l"(address) : "memory");
  return value;
}

/* The dynamic shared memory of the block. */
__device__ inline float4 *shared_memory() {
  extern __shared__ float4 memory[];
  return memory;
}
