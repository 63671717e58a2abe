/*
 * Words that the blocks of a persistent kernel exchange. A word carries the number of the exchange,
 * so that whoever reads it knows whether it has arrived. In a place, numbers go up by two.
 */

/* 32 bits; the two lowest give way to the number: the rest of a float, 21 bits of its mantissa. */
struct Marked32 {
  typedef unsigned Word;

  __device__ static Word mark(unsigned content, unsigned number) {
    return (content & ~3u) | (number & 3u);
  }

  __device__ static bool has(Word word, unsigned number) { return ((word ^ number) & 3u) == 0; }

  __device__ static unsigned content(Word word) { return word & ~3u; }
};

/* 32 bits and the number. */
struct Marked64 {
  typedef unsigned long long Word;

  __device__ static Word mark(unsigned content, unsigned number) {
    return (Word)number << 32 | content;
  }

  __device__ static bool has(Word word, unsigned number) { return (unsigned)(word >> 32) == number; }

  __device__ static unsigned content(Word word) { return (unsigned)word; }
};

/* Writes neighbours at once. */
__device__ inline void put_together(unsigned *to, const unsigned (&from)[4]) {
  *(uint4 *)to = {from[0], from[1], from[2], from[3]};
}

__device__ inline void put_together(unsigned *to, const unsigned (&from)[2]) {
  *(uint2 *)to = {from[0], from[1]};
}
