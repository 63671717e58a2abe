/*
 * Words that the blocks of a persistent kernel exchange. A word carries the number of the exchange,
 * so that whoever reads it knows whether it has arrived. In a place, numbers go up by two.
 *
 * The memory model of PTX makes relaxed reads and writes of a scalar of up to 8 bytes whole, whether
 * the address is in global memory or in the shared memory of a cluster.
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

/*
 * The words that a block receives: two buffers, for numbers that are even and odd. They are in its
 * shared memory where the blocks of a group are a cluster, else in global memory, where several
 * blocks may share them.
 */
template <class Word>
struct Inbox {
  Word *first; /* of the group; in a cluster the own one */
  Word *own;
  unsigned words; /* of a buffer */

  /* exchanged: of the group, [inboxes, 2, words] in global memory; index: of the own one */
  __device__ Inbox(Word *exchanged, unsigned buffer, unsigned index)
      : first(CLUSTER > 0 ? (Word *)shared_memory() : exchanged), own(first), words(buffer) {
    if (CLUSTER == 0) {
      own = first + (size_t)index * (2 * words);
    } else {
      for (unsigned i = threadIdx.x; i < 2 * words; i += blockDim.x) {
        own[i] = 0;
      }
      cluster_barrier(); /* all blocks of the cluster have started, with their words at zero */
    }
  }

  __device__ Word *buffer(unsigned number) const { return own + number % 2 * words; }

  /* The same of another inbox of the group. */
  __device__ Word *buffer_of(unsigned other, unsigned number) const {
    Word *of_first = first + number % 2 * words;
    return CLUSTER > 0 ? peer(of_first, other) : of_first + (size_t)other * (2 * words);
  }

  /* What follows the words in shared memory. */
  __device__ unsigned *end() const {
    return (unsigned *)(CLUSTER > 0 ? (void *)(own + 2 * words) : shared_memory());
  }
};
