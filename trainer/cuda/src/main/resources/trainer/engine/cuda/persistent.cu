/*
 * All time steps of a recurrent layer in one launch, with the recurrent weights R in shared memory.
 *
 * Lanes are divided into groups, units into slices; each block has one slice of one group and keeps
 * its units' columns of R in shared memory. Groups are independent. The blocks of a group
 * synchronize once per step, so all blocks must be resident at the same time.
 *
 * Forward, a block multiplies the group's h' by its columns of R and computes the gates and h of
 * its units. Backward, it multiplies the gate gradients of its units by its columns of R,
 * transposed: its share of the gradient of all h'. The block that owns a unit sums the shares in
 * the order of the blocks, so results do not depend on timing.
 *
 * A block works on tiles of 16 lanes by 16 units, one element per thread.
 */
#define TILE 16
#define WARPS 8
#define DEPTH_PARTS 4 /* parts of the inner dimension forward, each with a warp of its own */
#define ROW_TILES 4   /* tiles of 8 rows of R that a warp multiplies at a time backward */

/* Reads of a counter, about a second of them, after which a block no longer waits for the others. */
#ifndef MOST_POLLS
#define MOST_POLLS (1 << 20)
#endif

struct Sequence {
  int steps;
  int lane_tiles;       /* per block */
  int unit_tiles;       /* per block */
  const float *weights; /* [units, RECURRENT units]  R */
  unsigned *arrivals;   /* [groups, ARRIVALS_STRIDE]  initially zero */
  volatile unsigned long long *stuck; /* [1]          set if blocks waited in vain */
};

#define ARRIVALS_STRIDE 32 /* words: groups' counters are in different cache lines */

__device__ inline int multiple_of(int divisor, int number) {
  return (number + divisor - 1) / divisor * divisor;
}

/* The part of the work of a block. */
struct Part {
  int slices;
  int slice;
  int first_unit;
  int first_lane;
  unsigned *arrivals;
  volatile unsigned long long *stuck;

  __device__ Part(const Sequence &run, int units) {
    int units_of_block = run.unit_tiles * TILE;
    slices = (units + units_of_block - 1) / units_of_block;
    slice = blockIdx.x % slices;
    int group = blockIdx.x / slices;
    first_unit = slice * units_of_block;
    first_lane = group * run.lane_tiles * TILE;
    arrivals = run.arrivals + group * ARRIVALS_STRIDE;
    stuck = run.stuck;
  }

  /*
   * A barrier of the group's blocks, the `time`th from 1 on. Writes before it are visible after it.
   * Call it after __syncthreads(). If a block does not come, the group gives up: it waits no more.
   */
  __device__ void wait_for_group(int time) const {
    if (threadIdx.x == 0) {
      __threadfence();
      atomicAdd(arrivals, 1u);
      for (int polls = 0; poll(arrivals) < (unsigned)(time * slices); polls++) {
        if (polls == MOST_POLLS) {
          *stuck = 1;
          *(volatile unsigned *)arrivals = 1u << 31; /* more than all arrivals */
        }
      }
      __threadfence();
    }
    __syncthreads();
  }
};

/* An element of R in one of the block's columns; zero past the last row or unit. */
template <int RECURRENT>
__device__ inline float weight(const Sequence &run, const Part &part, int units, int row,
                               int column) {
  int unit = part.first_unit + column / (RECURRENT * TILE) * TILE + column % TILE;
  int gate = column % (RECURRENT * TILE) / TILE;
  return row < units && unit < units ? run.weights[((size_t)row * RECURRENT + gate) * units + unit]
                                     : 0.0f;
}

/*
 * states  [steps + 1, lanes, units]  h: the carried one, then one per step (out)
 *
 * Shared memory: R's columns, [depth words, columns + 8], pairs along the depth; a tile of h',
 * [TILE, depth + 4]; partial sums, [DEPTH_PARTS, TILE, RECURRENT TILE + 8]. Depth is the inner
 * dimension.
 */
template <class Arithmetic, class Cell>
__device__ inline void forward_sequence(const Sequence &run, const float *states,
                                        const Cell &first) {
  typedef typename Arithmetic::Word Word;
  enum {
    NUMBERS = Arithmetic::NUMBERS,
    COLUMNS = Cell::RECURRENT * TILE,
    SUM_STRIDE = COLUMNS + 8,
  };
  int lanes = first.lanes;
  int units = first.units;
  Part part(run, units);
  int warp = threadIdx.x / WARP;
  int thread = threadIdx.x % WARP;
  int depth = multiple_of(8 * DEPTH_PARTS, multiple_of(NUMBERS, units) / NUMBERS);
  int stride = run.unit_tiles * COLUMNS + 8;
  int tile_stride = depth + 4;
  Word *weights = (Word *)shared_memory();
  Word *tile = weights + depth * stride;
  float *sums = (float *)(tile + TILE * tile_stride);

  for (int row = warp; row < depth * NUMBERS; row += WARPS) {
    for (int column = thread; column < run.unit_tiles * COLUMNS; column += WARP) {
      float value = weight<Cell::RECURRENT>(run, part, units, row, column);
      Arithmetic::put(weights + row / NUMBERS * stride + column, row % NUMBERS, value);
    }
  }

  int words = depth / DEPTH_PARTS;
  int first_word = warp % DEPTH_PARTS * words;
  int first_column = warp / DEPTH_PARTS * (COLUMNS / 2);
  for (int step = 0; step < run.steps; step++) {
    Cell now = first.later(step);
    const float *before = states + (size_t)step * lanes * units;
    for (int a = 0; a < run.lane_tiles; a++) {
      int first_lane = part.first_lane + a * TILE;
      for (int row = warp; row < TILE; row += WARPS) {
        const float *from = before + (size_t)(first_lane + row) * units;
        bool exists = first_lane + row < lanes;
        for (int k = thread; k < depth * NUMBERS; k += WARP) {
          float value = exists && k < units ? from[k] : 0.0f;
          Arithmetic::put(tile + row * tile_stride + k / NUMBERS, k % NUMBERS, value);
        }
      }
      __syncthreads();
      for (int b = 0; b < run.unit_tiles; b++) {
        int lane = first_lane + threadIdx.x / TILE;
        int unit = part.first_unit + b * TILE + threadIdx.x % TILE;
        bool exists = lane < lanes && unit < units;
        typename Cell::PreActivations pre = {};
        if (exists) {
          pre = now.read(lane, unit);
        }
        float d[Cell::RECURRENT][4] = {};
        add_product<Arithmetic, false, Cell::RECURRENT>(
            d, tile + first_word, tile_stride,
            weights + first_word * stride + b * COLUMNS + first_column, stride, words);
        float *sum = sums + (warp % DEPTH_PARTS * TILE + thread / 4) * SUM_STRIDE + first_column +
                     2 * (thread % 4);
#pragma unroll
        for (int n = 0; n < Cell::RECURRENT; n++) {
          sum[8 * n] = d[n][0];
          sum[8 * n + 1] = d[n][1];
          sum[8 * SUM_STRIDE + 8 * n] = d[n][2];
          sum[8 * SUM_STRIDE + 8 * n + 1] = d[n][3];
        }
        __syncthreads();
        if (exists) {
          float products[Cell::RECURRENT];
#pragma unroll
          for (int g = 0; g < Cell::RECURRENT; g++) {
            const float *of_part =
                sums + threadIdx.x / TILE * SUM_STRIDE + g * TILE + threadIdx.x % TILE;
            products[g] = 0.0f;
#pragma unroll
            for (int p = 0; p < DEPTH_PARTS; p++) {
              products[g] += of_part[p * TILE * SUM_STRIDE];
            }
          }
          now.write(lane, unit, pre, products);
        }
        __syncthreads();
      }
    }
    if (step + 1 < run.steps) {
      part.wait_for_group(step + 1);
    }
  }
}

/*
 * last    the segment's last step
 * shares  [2, slices, lanes, units]  scratch: shares of the gradient of h', of the current
 *                                    and the last step
 *
 * Shared memory: R's columns, [units rounded up to a multiple of 8 ROW_TILES, columns + 4 words],
 * pairs along the columns; a tile of gate gradients, [TILE, columns + 4].
 */
template <class Arithmetic, class Cell>
__device__ inline void backward_sequence(const Sequence &run, float *shares, const Cell &last) {
  typedef typename Arithmetic::Word Word;
  enum { NUMBERS = Arithmetic::NUMBERS, COLUMNS = Cell::RECURRENT * TILE };
  int lanes = last.lanes;
  int units = last.units;
  Part part(run, units);
  int warp = threadIdx.x / WARP;
  int thread = threadIdx.x % WARP;
  int rows = multiple_of(8 * ROW_TILES, units);
  int words = run.unit_tiles * COLUMNS / NUMBERS;
  int stride = words + 4;
  Word *weights = (Word *)shared_memory();
  Word *tile = weights + rows * stride;

  for (int row = warp; row < rows; row += WARPS) {
    for (int column = thread; column < run.unit_tiles * COLUMNS; column += WARP) {
      float value = weight<Cell::RECURRENT>(run, part, units, row, column);
      Arithmetic::put(weights + row * stride + column / NUMBERS, column % NUMBERS, value);
    }
  }

  size_t elements = (size_t)lanes * units;
  for (int step = 0; step < run.steps; step++) {
    Cell now = last.earlier(step);
    const float *arrived = shares + (step + 1) % 2 * part.slices * elements;
    float *share = shares + (step % 2 * part.slices + part.slice) * elements;
    for (int a = 0; a < run.lane_tiles; a++) {
      int first_lane = part.first_lane + a * TILE;
      for (int b = 0; b < run.unit_tiles; b++) {
        int lane = first_lane + threadIdx.x / TILE;
        int unit = part.first_unit + b * TILE + threadIdx.x % TILE;
        float gradients[Cell::GATES] = {};
        if (lane < lanes && unit < units) {
          typename Cell::Saved saved = now.read(lane, unit);
          float d_recurrent = 0.0f;
          for (int s = 0; step > 0 && s < part.slices; s++) {
            d_recurrent += arrived[s * elements + (size_t)lane * units + unit];
          }
          now.write(lane, unit, saved, d_recurrent, gradients);
        }
#pragma unroll
        for (int g = 0; g < Cell::RECURRENT; g++) {
          int column = b * COLUMNS + g * TILE + threadIdx.x % TILE;
          Arithmetic::put(tile + threadIdx.x / TILE * stride + column / NUMBERS, column % NUMBERS,
                          gradients[Cell::GATES - Cell::RECURRENT + g]);
        }
      }
      __syncthreads();
      for (int row = warp * 8 * ROW_TILES; step + 1 < run.steps && row < rows;
           row += WARPS * 8 * ROW_TILES) {
        float d[ROW_TILES][4] = {};
        add_product<Arithmetic, true, ROW_TILES>(d, tile, stride, weights + row * stride, stride,
                                                 words);
#pragma unroll
        for (int i = 0; i < 4 * ROW_TILES; i++) {
          int lane = first_lane + thread / 4 + i % 4 / 2 * 8;
          int unit = row + i / 4 * 8 + 2 * (thread % 4) + i % 2;
          if (lane < lanes && unit < units) {
            share[(size_t)lane * units + unit] = d[i / 4][i % 4];
          }
        }
      }
      __syncthreads();
    }
    if (step + 1 < run.steps) {
      part.wait_for_group(step + 1);
    }
  }
}

/* 256 threads per block, one block per multiprocessor. */
#define SEQUENCE_KERNEL extern "C" __global__ void __launch_bounds__(WARPS *WARP, 1)

#define SEQUENCE_KERNELS(cell, Cell, precision, Arithmetic)                                    \
  SEQUENCE_KERNEL cell##_forward_sequence_##precision(Sequence run, const float *states,       \
                                                      Cell##Forward first) {                   \
    forward_sequence<Arithmetic>(run, states, first);                                          \
  }                                                                                            \
  SEQUENCE_KERNEL cell##_backward_sequence_##precision(Sequence run, float *shares,            \
                                                       Cell##Backward last) {                  \
    backward_sequence<Arithmetic>(run, shares, last);                                          \
  }

SEQUENCE_KERNELS(lstm, Lstm, float32, Float32)
SEQUENCE_KERNELS(gru, Gru, float32, Float32)
SEQUENCE_KERNELS(simple_rnn, SimpleRnn, float32, Float32)

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
SEQUENCE_KERNELS(lstm, Lstm, tf32, Tf32)
SEQUENCE_KERNELS(gru, Gru, tf32, Tf32)
SEQUENCE_KERNELS(simple_rnn, SimpleRnn, tf32, Tf32)
SEQUENCE_KERNELS(lstm, Lstm, bfloat16, Bfloat16)
SEQUENCE_KERNELS(gru, Gru, bfloat16, Bfloat16)
SEQUENCE_KERNELS(simple_rnn, SimpleRnn, bfloat16, Bfloat16)
#endif
