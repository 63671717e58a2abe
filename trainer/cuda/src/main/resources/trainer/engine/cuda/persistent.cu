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
#define IN_FLIGHT 8   /* loads that a thread issues before it uses the first */

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
   * A barrier of the group's blocks, in two parts: what a block has written before `arrive` is
   * visible to the others after `wait`. Call both after __syncthreads(), with the number of the
   * barrier, from 1 on. If a block does not come, the group gives up: it waits no more.
   */
  __device__ void arrive() const {
    if (threadIdx.x == 0) {
      announce(arrivals);
    }
  }

  __device__ void wait(int time) const {
    if (threadIdx.x == 0) {
      for (int polls = 0; poll(arrivals) < (unsigned)(time * slices); polls++) {
        if (polls == MOST_POLLS) {
          *stuck = 1;
          *(volatile unsigned *)arrivals = 1u << 31; /* more than all arrivals */
        }
      }
      observe();
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
 * Loads the block's columns of R.
 *
 * put(row, column, value)  stores an element
 */
template <int RECURRENT, class Put>
__device__ inline void load_weights(const Sequence &run, const Part &part, int units, int rows,
                                    Put put) {
  for (int first = threadIdx.x / WARP; first < rows; first += WARPS * IN_FLIGHT) {
    for (int column = threadIdx.x % WARP; column < run.unit_tiles * RECURRENT * TILE;
         column += WARP) {
      float values[IN_FLIGHT];
#pragma unroll
      for (int i = 0; i < IN_FLIGHT; i++) {
        values[i] = weight<RECURRENT>(run, part, units, first + i * WARPS, column);
      }
#pragma unroll
      for (int i = 0; i < IN_FLIGHT; i++) {
        if (first + i * WARPS < rows) {
          put(first + i * WARPS, column, values[i]);
        }
      }
    }
  }
}

/*
 * Copies rows of h' to a tile, [TILE, stride words]; zero past the last lane or unit. A warp copies
 * TILE / WARPS rows.
 */
template <class Arithmetic>
__device__ inline void load_tile(typename Arithmetic::Word *tile, int stride, const float *states,
                                 int first_lane, int lanes, int units, int numbers) {
  enum { ROWS = TILE / WARPS, COLUMNS = IN_FLIGHT / ROWS };
  int warp = threadIdx.x / WARP;
  int thread = threadIdx.x % WARP;
  if (units % 4 != 0) { /* rows are not aligned */
    for (int row = warp; row < TILE; row += WARPS) {
      const float *from = states + (size_t)(first_lane + row) * units;
      bool exists = first_lane + row < lanes;
      for (int k = thread; k < numbers; k += WARP) {
        float value = exists && k < units ? from[k] : 0.0f;
        Arithmetic::put(tile + row * stride + k / Arithmetic::NUMBERS, k % Arithmetic::NUMBERS,
                        value);
      }
    }
    return;
  }
  for (int first = 4 * thread; first < numbers; first += 4 * WARP * COLUMNS) {
    float4 values[IN_FLIGHT];
#pragma unroll
    for (int i = 0; i < IN_FLIGHT; i++) {
      int lane = first_lane + warp + i % ROWS * WARPS;
      int k = first + i / ROWS * 4 * WARP;
      float4 zero = {0.0f, 0.0f, 0.0f, 0.0f};
      values[i] = lane < lanes && k < units
                      ? *(const float4 *)(states + (size_t)lane * units + k)
                      : zero;
    }
#pragma unroll
    for (int i = 0; i < IN_FLIGHT; i++) {
      int k = first + i / ROWS * 4 * WARP;
      if (k < numbers) {
        Arithmetic::put_four(
            tile + (warp + i % ROWS * WARPS) * stride + k / Arithmetic::NUMBERS, values[i]);
      }
    }
  }
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

  load_weights<Cell::RECURRENT>(
      run, part, units, depth * NUMBERS, [=](int row, int column, float value) {
        Arithmetic::put(weights + row / NUMBERS * stride + column, row % NUMBERS, value);
      });

  int words = depth / DEPTH_PARTS;
  int first_word = warp % DEPTH_PARTS * words;
  int first_column = warp / DEPTH_PARTS * (COLUMNS / 2);
  int lane = part.first_lane + threadIdx.x / TILE; /* of the first tile */
  int unit = part.first_unit + threadIdx.x % TILE;
  typename Cell::Known known = {};
  if (lane < lanes && unit < units) {
    known = first.read(lane, unit);
  }
  for (int step = 0; step < run.steps; step++) {
    Cell now = first.later(step);
    for (int a = 0; a < run.lane_tiles; a++) {
      load_tile<Arithmetic>(tile, tile_stride, states + (size_t)step * lanes * units,
                            part.first_lane + a * TILE, lanes, units, depth * NUMBERS);
      __syncthreads();
      for (int b = 0; b < run.unit_tiles; b++) {
        lane = part.first_lane + a * TILE + threadIdx.x / TILE;
        unit = part.first_unit + b * TILE + threadIdx.x % TILE;
        bool exists = lane < lanes && unit < units;
        if (exists && (a > 0 || b > 0)) {
          known = now.read(lane, unit);
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
          now.write(lane, unit, known, products);
        }
        __syncthreads();
      }
    }
    if (step + 1 < run.steps) {
      part.arrive();
      lane = part.first_lane + threadIdx.x / TILE;
      unit = part.first_unit + threadIdx.x % TILE;
      if (lane < lanes && unit < units) { /* needs no other block: in flight while this one waits */
        known = first.later(step + 1).read(lane, unit);
      }
      part.wait(step + 1);
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

  load_weights<Cell::RECURRENT>(
      run, part, units, rows, [=](int row, int column, float value) {
        Arithmetic::put(weights + row * stride + column / NUMBERS, column % NUMBERS, value);
      });

  size_t elements = (size_t)lanes * units;
  int lane = part.first_lane + threadIdx.x / TILE; /* of the first tile */
  int unit = part.first_unit + threadIdx.x % TILE;
  typename Cell::Saved saved = {};
  if (lane < lanes && unit < units) {
    saved = last.read(lane, unit);
  }
  for (int step = 0; step < run.steps; step++) {
    Cell now = last.earlier(step);
    const float *arrived = shares + (step + 1) % 2 * part.slices * elements;
    float *share = shares + (step % 2 * part.slices + part.slice) * elements;
    for (int a = 0; a < run.lane_tiles; a++) {
      int first_lane = part.first_lane + a * TILE;
      for (int b = 0; b < run.unit_tiles; b++) {
        lane = first_lane + threadIdx.x / TILE;
        unit = part.first_unit + b * TILE + threadIdx.x % TILE;
        float gradients[Cell::GATES] = {};
        if (lane < lanes && unit < units) {
          if (a > 0 || b > 0) {
            saved = now.read(lane, unit);
          }
          float d_recurrent = 0.0f;
          const float *of_unit = arrived + (size_t)lane * units + unit;
          if (step > 0) {
#pragma unroll 8
            for (int s = 0; s < part.slices; s++) {
              d_recurrent += of_unit[s * elements];
            }
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
        for (int i = 0; i < 2 * ROW_TILES; i++) {
          int of_lane = first_lane + thread / 4 + i % 2 * 8;
          int of_unit = row + i / 2 * 8 + 2 * (thread % 4);
          float *to = share + (size_t)of_lane * units + of_unit;
          float2 pair = {d[i / 2][i % 2 * 2], d[i / 2][i % 2 * 2 + 1]};
          if (of_lane < lanes && of_unit < units && units % 2 == 0) {
            *(float2 *)to = pair;
          } else if (of_lane < lanes && of_unit < units) { /* not aligned */
            to[0] = pair.x;
            if (of_unit + 1 < units) {
              to[1] = pair.y;
            }
          }
        }
      }
      __syncthreads();
    }
    if (step + 1 < run.steps) {
      part.arrive();
      lane = part.first_lane + threadIdx.x / TILE;
      unit = part.first_unit + threadIdx.x % TILE;
      if (lane < lanes && unit < units) { /* as forward */
        saved = last.earlier(step + 1).read(lane, unit);
      }
      part.wait(step + 1);
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
