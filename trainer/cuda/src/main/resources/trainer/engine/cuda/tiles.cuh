/*
 * Products of tiles by one warp: 16 rows of a left factor in shared memory, times groups of 8
 * columns of a right factor. Words of 32 bits hold one number or two, neighbours along the inner
 * dimension. Thread l of the warp holds of a result, [16, 8], row l / 4 in d[0], d[1] and row
 * l / 4 + 8 in d[2], d[3], columns 2 (l % 4) and the next.
 *
 * Rows of the left factor are `stride` words apart; 4 more than a multiple of 8 avoids bank
 * conflicts. The right factor is in fragments: 8 words of the inner dimension by 8 columns, two
 * words a thread.
 */
#define WARPS 8 /* of a block */

/* Factors in float32, multiplied with FMA instructions. */
struct Float32 {
  enum {
    NUMBERS = 1, /* per word */
    HELD = 0     /* fragments in registers: with FMA, threads need each other's words */
  };
  typedef Marked64 Exact;
  typedef Marked64 Rounded;

  struct Left {
    float upper[8], lower[8];
  };

  __device__ static unsigned word(float x, float) { return __float_as_uint(x); }

  __device__ static void put(unsigned *word, int, float x) { *word = __float_as_uint(x); }

  /* Place in a fragment of the thread's word i. */
  __device__ static int depth(int thread, int) { return thread / 4; }

  __device__ static int column(int thread, int i) { return 2 * (thread % 4) + i; }

  __device__ static void eight(float *to, const unsigned *from) {
    const float4 *halves = (const float4 *)from;
    float4 x = halves[0];
    float4 y = halves[1];
    to[0] = x.x, to[1] = x.y, to[2] = x.z, to[3] = x.w;
    to[4] = y.x, to[5] = y.y, to[6] = y.z, to[7] = y.w;
  }

  __device__ static Left left(const unsigned *from, int stride) {
    const unsigned *row = from + threadIdx.x % WARP / 4 * stride;
    Left factor;
    eight(factor.upper, row);
    eight(factor.lower, row + 8 * stride);
    return factor;
  }

  /* all: the words of the warp's threads */
  __device__ static void add(float *d, const Left &left, const uint2 *all) {
#pragma unroll
    for (int k = 0; k < 8; k++) {
      uint2 pair = all[4 * k + threadIdx.x % 4];
      float x = __uint_as_float(pair.x);
      float y = __uint_as_float(pair.y);
      d[0] += left.upper[k] * x;
      d[1] += left.upper[k] * y;
      d[2] += left.lower[k] * x;
      d[3] += left.lower[k] * y;
    }
  }
};

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800

/* Factors for tensor cores. */
struct TensorCores {
  enum { HELD = 56 }; /* more would spill registers */
  typedef Marked32 Rounded;

  struct Left {
    unsigned words[4];
  };

  __device__ static int depth(int thread, int i) { return thread % 4 + 4 * i; }

  __device__ static int column(int thread, int) { return thread / 4; }

  __device__ static Left left(const unsigned *from, int stride) {
    const unsigned *at = from + threadIdx.x % WARP / 4 * stride + threadIdx.x % 4;
    return {{at[0], at[8 * stride], at[4], at[8 * stride + 4]}};
  }
};

/* Factors rounded to tf32. */
struct Tf32 : TensorCores {
  enum { NUMBERS = 1 };
  typedef Marked32 Exact; /* the lowest 13 bits are zero */

  __device__ static unsigned word(float x, float) { return to_tf32(x); }

  __device__ static void put(unsigned *word, int, float x) { *word = to_tf32(x); }

  __device__ static void add(float *d, const Left &left, uint2 mine) {
    multiply_tf32(d, left.words, mine);
  }
};

/* Factors rounded to bfloat16, two in a word. */
struct Bfloat16 : TensorCores {
  enum { NUMBERS = 2 };
  typedef Marked64 Exact;

  __device__ static unsigned word(float x, float next) {
    return two_bfloat16(x, next);
  }

  __device__ static void put(unsigned *word, int which, float x) {
    ((unsigned short *)word)[which] = to_bfloat16(x);
  }

  __device__ static void add(float *d, const Left &left, uint2 mine) {
    multiply_bfloat16(d, left.words, mine);
  }
};

#endif

/*
 * A warp's fragments of a right factor. The first HELD stay in registers, the others are in shared
 * memory, of which a thread reads its own words only (with FMA, those of its warp).
 *
 * Factor: TILES of 8 columns that are multiplied at once; pieces() of as many columns; chunks() of
 * 8 words of the inner dimension; number(piece, depth, column) of the factor.
 */
template <class Arithmetic, class Factor>
struct Fragments {
  enum { TILES = Factor::TILES, HELD = Arithmetic::HELD };

  uint2 held[HELD > 0 ? HELD : 1];
  uint2 *others; /* of this thread */

  __device__ static int index(int piece, int chunk, int tile) {
    return (piece * Factor::chunks() + chunk) * TILES + tile;
  }

  /* room: [fragments that are not held, threads of the block], shared memory */
  __device__ Fragments(const Factor &factor, uint2 *room) : others(room + threadIdx.x) {
    int thread = threadIdx.x % WARP;
#pragma unroll
    for (int piece = 0; piece < Factor::pieces(); piece++) {
#pragma unroll
      for (int chunk = 0; chunk < Factor::chunks(); chunk++) {
#pragma unroll
        for (int tile = 0; tile < TILES; tile++) {
          unsigned words[2];
#pragma unroll
          for (int i = 0; i < 2; i++) {
            int depth = Arithmetic::NUMBERS * (8 * chunk + Arithmetic::depth(thread, i));
            int column = 8 * tile + Arithmetic::column(thread, i);
            float x = factor.number(piece, depth, column);
            words[i] = Arithmetic::word(
                x, Arithmetic::NUMBERS > 1 ? factor.number(piece, depth + 1, column) : 0.0f);
          }
          int at = index(piece, chunk, tile);
          if (at < HELD) {
            held[at] = {words[0], words[1]};
          } else {
            others[(at - HELD) * WARPS * WARP] = {words[0], words[1]};
          }
        }
      }
    }
    __syncwarp();
  }

  __device__ void add(float *d, const Float32::Left &left, int at) const {
    Float32::add(d, left, others - threadIdx.x % WARP + at * WARPS * WARP);
  }

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
  __device__ void add(float *d, const TensorCores::Left &left, int at) const {
    Arithmetic::add(d, left, at < HELD ? held[at] : others[(at - HELD) * WARPS * WARP]);
  }
#endif

  /* d = d + left right, for a piece. d: [TILES][4] */
  __device__ void add_product(float (*d)[4], const unsigned *left, int stride, int piece) const {
    __syncwarp(); /* tensor cores need a converged warp */
#pragma unroll
    for (int chunk = 0; chunk < Factor::chunks(); chunk++) {
      typename Arithmetic::Left factor = Arithmetic::left(left + 8 * chunk, stride);
#pragma unroll
      for (int tile = 0; tile < TILES; tile++) {
        add(d[tile], factor, index(piece, chunk, tile));
      }
    }
  }
};
