/*
 * Products of tiles in shared memory by one warp: 16 rows of a left factor times groups of 8
 * columns of a right factor. Words of 32 bits hold one number or two. Thread l of the warp holds of
 * the result row l / 4 in d[0], d[1] and row l / 4 + 8 in d[2], d[3], columns 2 (l % 4) and the
 * next.
 *
 * Rows of the left factor are `stride` words apart. Rows of the right factor (its inner dimension)
 * are `stride` words apart; with ALONG, its columns are. Strides of 4 more than a multiple of 8
 * (left, and right with ALONG) or 8 more than a multiple of 16 (right without) avoid bank
 * conflicts.
 */

/* Factors in float32, multiplied with FMA instructions. */
struct Float32 {
  typedef float Word;
  enum { NUMBERS = 1 }; /* per word */

  struct Left {
    float upper[8], lower[8];
  };

  __device__ static void put(float *word, int, float x) { *word = x; }

  __device__ static void put_four(float *words, float4 x) { *(float4 *)words = x; }

  __device__ static void eight(float *to, const float *from) {
    const float4 *halves = (const float4 *)from;
    float4 x = halves[0];
    float4 y = halves[1];
    to[0] = x.x, to[1] = x.y, to[2] = x.z, to[3] = x.w;
    to[4] = y.x, to[5] = y.y, to[6] = y.z, to[7] = y.w;
  }

  __device__ static Left left(const float *from, int stride) {
    const float *row = from + threadIdx.x % WARP / 4 * stride;
    Left factor;
    eight(factor.upper, row);
    eight(factor.lower, row + 8 * stride);
    return factor;
  }

  template <bool ALONG>
  __device__ static void add(float *d, const Left &left, const float *right, int stride) {
    int column = 2 * (threadIdx.x % 4);
    float x[8];
    float y[8];
    if (ALONG) {
      eight(x, right + column * stride);
      eight(y, right + (column + 1) * stride);
    } else {
#pragma unroll
      for (int k = 0; k < 8; k++) {
        float2 pair = *(const float2 *)(right + k * stride + column);
        x[k] = pair.x;
        y[k] = pair.y;
      }
    }
#pragma unroll
    for (int k = 0; k < 8; k++) {
      d[0] += left.upper[k] * x[k];
      d[1] += left.upper[k] * y[k];
      d[2] += left.lower[k] * x[k];
      d[3] += left.lower[k] * y[k];
    }
  }
};

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800

/* Fragments of two factors for tensor cores. */
struct TensorCores {
  typedef unsigned Word;

  struct Left {
    unsigned words[4];
  };

  __device__ static Left left(const unsigned *from, int stride) {
    const unsigned *at = from + threadIdx.x % WARP / 4 * stride + threadIdx.x % 4;
    return {{at[0], at[8 * stride], at[4], at[8 * stride + 4]}};
  }

  template <bool ALONG>
  __device__ static void right(unsigned words[2], const unsigned *from, int stride) {
    int column = threadIdx.x % WARP / 4;
    int depth = threadIdx.x % 4;
    words[0] = from[ALONG ? column * stride + depth : depth * stride + column];
    words[1] = from[ALONG ? column * stride + depth + 4 : (depth + 4) * stride + column];
  }
};

/* Factors rounded to tf32. */
struct Tf32 : TensorCores {
  enum { NUMBERS = 1 };

  __device__ static void put(unsigned *word, int, float x) { *word = to_tf32(x); }

  __device__ static void put_four(unsigned *words, float4 x) {
    *(uint4 *)words = {to_tf32(x.x), to_tf32(x.y), to_tf32(x.z), to_tf32(x.w)};
  }

  template <bool ALONG>
  __device__ static void add(float *d, const Left &left, const unsigned *from, int stride) {
    unsigned words[2];
    right<ALONG>(words, from, stride);
    multiply_tf32(d, left.words, words);
  }
};

/* Factors rounded to bfloat16, two in a word. */
struct Bfloat16 : TensorCores {
  enum { NUMBERS = 2 };

  __device__ static void put(unsigned *word, int which, float x) {
    ((unsigned short *)word)[which] = to_bfloat16(x);
  }

  __device__ static void put_four(unsigned *words, float4 x) {
    *(uint2 *)words = {to_bfloat16(x.x) | (unsigned)to_bfloat16(x.y) << 16,
                       to_bfloat16(x.z) | (unsigned)to_bfloat16(x.w) << 16};
  }

  template <bool ALONG>
  __device__ static void add(float *d, const Left &left, const unsigned *from, int stride) {
    unsigned words[2];
    right<ALONG>(words, from, stride);
    multiply_bfloat16(d, left.words, words);
  }
};

#endif

/*
 * d = d + left right, for 8 TILES columns; the inner dimension is `words`, a multiple of 8.
 *
 * d  [TILES][4]
 */
template <class Arithmetic, bool ALONG, int TILES>
__device__ inline void add_product(float (*d)[4], const typename Arithmetic::Word *left,
                                   int left_stride, const typename Arithmetic::Word *right,
                                   int right_stride, int words) {
  __syncwarp(); /* tensor cores need a converged warp */
  for (int k = 0; k < words; k += 8) {
    typename Arithmetic::Left factor = Arithmetic::left(left + k, left_stride);
#pragma unroll
    for (int n = 0; n < TILES; n++) {
      int at = ALONG ? k + 8 * n * right_stride : k * right_stride + 8 * n;
      Arithmetic::template add<ALONG>(d[n], factor, right + at, right_stride);
    }
  }
}
