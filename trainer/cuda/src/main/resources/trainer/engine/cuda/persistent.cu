/*
 * All time steps of a recurrent layer in one launch, compiled for the layer: UNITS is its size,
 * UNIT_TILES the tiles of units of a block, CLUSTER the blocks of a group if they are a thread-block
 * cluster (compute capability 9.0), else 0.
 *
 * Lanes are divided into groups, units into slices; each block has one slice of one group and keeps
 * its units' columns of the recurrent weights R in registers, and what does not fit there in shared
 * memory. Groups are independent. The blocks of a group exchange h, or its gradient, at every step:
 * all must be resident at the same time, as those of a cluster are.
 *
 * Forward, a block multiplies the group's h' by its columns of R and computes the gates and h of
 * its units. Backward, it multiplies the gate gradients of its units by its columns of R,
 * transposed: its share of the gradient of all h'. The block that owns a unit sums the shares in
 * the order of the blocks, so results do not depend on timing.
 *
 * There is no barrier: words that blocks exchange carry the number of the exchange. In global memory
 * numbers go on from launch to launch; in a cluster they begin at 1. Exchanges alternate between two
 * buffers: a block sends number n + 2 after it has received n + 1 from all, who have read n by then.
 * Only when a cluster begins and ends do its blocks wait for each other: none may write to the shared
 * memory of a block that has not begun, or has ended.
 *
 * A block works on tiles of 16 lanes by 16 units, one element per thread.
 */
#define TILE 16
#define DEPTH_PARTS 4     /* parts of the inner dimension forward, each with a warp of its own */
#define ROW_TILES 4       /* tiles of 8 rows of R that a warp multiplies at a time backward */
#define IN_FLIGHT 8       /* loads that a thread issues before it uses the first */
#define MOST_UNIT_TILES 4 /* of UNIT_TILES */

/* Reads of a word, about a second of them, after which a thread no longer waits for other blocks. */
#ifndef MOST_POLLS
#define MOST_POLLS (1 << 20)
#endif
#define MORE_POLLS 8 /* times as many of shared memory, which is nearer */

struct Sequence {
  int steps;                          /* at least two */
  int lane_tiles;                     /* per block */
  const float *weights;               /* [UNITS, RECURRENT UNITS]   R */
  unsigned *numbers;                  /* [groups, NUMBERS_STRIDE]   of the last exchange; initially 0 */
  void *exchanged;                    /* inboxes of the groups, initially 0; unused in clusters */
  unsigned short *copy;               /* of what the first step, forward or backward, computes for
                                         products, in bfloat16; unused in other precisions */
  volatile unsigned long long *stuck; /* [1]                        set if a thread waited in vain */
};

#define NUMBERS_STRIDE 32 /* words: groups' numbers are in different cache lines */

__device__ inline int parts(int number, int of) { return (number + of - 1) / of; }

__device__ inline int multiple_of(int divisor, int number) {
  return parts(number, divisor) * divisor;
}

/* The part of the work of a block. */
struct Part {
  int slice;
  int group;
  int first_unit;
  int first_lane;
  int lanes;       /* room for them: tiles may be partial */
  unsigned number; /* of the last exchange before */
  volatile unsigned long long *stuck;
  bool gave_up;

  __device__ static int slices() { return parts(UNITS, units()); }

  /* Room for units. */
  __device__ static int units() { return UNIT_TILES * TILE; }

  __device__ explicit Part(const Sequence &run) {
    slice = blockIdx.x % slices(); /* also the rank in a cluster */
    group = blockIdx.x / slices();
    first_unit = slice * units();
    lanes = run.lane_tiles * TILE;
    first_lane = group * lanes;
    number = CLUSTER > 0 ? 0 : run.numbers[group * NUMBERS_STRIDE];
    stuck = run.stuck;
    gave_up = false;
  }

  /* The content of a word with a number. If it does not come, the thread gives up: it waits no more. */
  template <class Marked>
  __device__ unsigned await(const typename Marked::Word *address, typename Marked::Word found,
                            unsigned of) {
    for (int polls = 0; !Marked::has(found, of) && !gave_up; polls++) {
      if (polls == (CLUSTER > 0 ? MORE_POLLS : 1) * MOST_POLLS) {
        *stuck = 1;
        gave_up = true;
      }
      found = peek(address);
    }
    return Marked::content(found);
  }

  /*
   * Keeps the number: all blocks of the group have read the old one, as they have sent words since.
   * In a cluster, waits for the others, which may still write to this block's shared memory.
   */
  __device__ void finish(const Sequence &run) const {
    if (CLUSTER > 0) {
      cluster_barrier();
    } else if (slice == 0 && threadIdx.x == 0) {
      run.numbers[group * NUMBERS_STRIDE] = number + run.steps - 1;
    }
  }
};

/* R's columns of a block: depth along the rows of R, a piece for each tile of units. */
template <class Arithmetic, class Cell>
struct ForwardFactor {
  enum { TILES = Cell::RECURRENT };

  const float *weights;
  int first_unit;

  __device__ static int pieces() { return UNIT_TILES; }

  /* Words of h' in a row of the tile, padded. */
  __device__ static int depth() {
    return multiple_of(8 * DEPTH_PARTS, parts(UNITS, Arithmetic::NUMBERS));
  }

  __device__ static int chunks() { return depth() / DEPTH_PARTS / 8; }

  /* Of the warp: its first word, and its first column of the RECURRENT gates of a tile of units. */
  __device__ static int first_word() { return threadIdx.x / WARP % DEPTH_PARTS * 8 * chunks(); }

  __device__ static int first_column() { return threadIdx.x / WARP / DEPTH_PARTS * 8 * TILES; }

  __device__ float number(int piece, int depth, int column) const {
    int row = Arithmetic::NUMBERS * first_word() + depth;
    int gate = (first_column() + column) / TILE;
    int unit = first_unit + piece * TILE + (first_column() + column) % TILE;
    return row < UNITS && unit < UNITS
               ? weights[((size_t)row * Cell::RECURRENT + gate) * UNITS + unit]
               : 0.0f;
  }
};

/* The same transposed: depth along the columns of the block, and a column for each row of R. */
template <class Arithmetic, class Cell>
struct BackwardFactor {
  enum { TILES = ROW_TILES, COLUMNS = Cell::RECURRENT * TILE };

  const float *weights;
  int first_unit;

  __device__ static int pieces() { return parts(UNITS, 8 * TILES * WARPS); }

  /* Words of gate gradients in a row of the tile. */
  __device__ static int depth() { return UNIT_TILES * COLUMNS / Arithmetic::NUMBERS; }

  __device__ static int chunks() { return depth() / 8; }

  /* Of the warp. */
  __device__ static int first_row(int piece) {
    return (piece * WARPS + (int)threadIdx.x / WARP) * 8 * TILES;
  }

  __device__ float number(int piece, int depth, int column) const {
    int row = first_row(piece) + column;
    int gate = depth % COLUMNS / TILE;
    int unit = first_unit + depth / COLUMNS * TILE + depth % TILE;
    return row < UNITS && unit < UNITS
               ? weights[((size_t)row * Cell::RECURRENT + gate) * UNITS + unit]
               : 0.0f;
  }
};

/* Words of h, of one step: rows of lanes, which start at multiples of 16 bytes. */
template <class Arithmetic>
struct States {
  typedef typename Arithmetic::Exact Marked;
  typedef typename Marked::Word Word;
  enum { NUMBERS = Arithmetic::NUMBERS, TOGETHER = 16 / sizeof(Word) };

  __device__ static int words() { return parts(UNITS, NUMBERS); }

  __device__ static int stride() { return multiple_of(TOGETHER, words()); }

  /*
   * Sends h of the thread's unit to a row of the inbox: one for the group, or in a cluster that of
   * each block, of which the next one is first. All threads of a warp call it; h is zero past the
   * last unit.
   */
  __device__ static void send(const Inbox<Word> &inbox, const Part &part, int row, int unit,
                              bool exists, float h, unsigned number) {
    float next = NUMBERS > 1 ? __shfl_xor_sync(ALL_LANES, h, 1, WARP) : 0.0f;
    if (exists && unit % NUMBERS == 0) {
      Word word = Marked::mark(Arithmetic::word(h, next), number);
      int at = row * stride() + unit / NUMBERS;
      if (CLUSTER == 0) {
        tell(inbox.buffer(number) + at, word);
      }
#pragma unroll
      for (int i = 1; i <= CLUSTER; i++) {
        int block = part.slice + i < CLUSTER ? part.slice + i : part.slice + i - CLUSTER;
        tell(inbox.buffer_of(block, number) + at, word);
      }
    }
  }

  /* Receives a tile of lanes, [TILE, tile_stride]; zero past the last lane or unit. */
  __device__ static void receive(unsigned *tile, int depth, int tile_stride, const Word *rows,
                                 int lanes, Part &part, unsigned number) {
    const int columns = depth / TOGETHER;
    for (int first = threadIdx.x; first < TILE * columns; first += WARPS * WARP * IN_FLIGHT) {
      Word found[IN_FLIGHT][TOGETHER];
#pragma unroll
      for (int i = 0; i < IN_FLIGHT; i++) {
        int at = first + i * WARPS * WARP;
        int lane = at / columns;
        int column = at % columns * TOGETHER;
        if (at < TILE * columns && lane < lanes && column < words()) {
          peek_together(rows + lane * stride() + column, found[i]);
        }
      }
#pragma unroll
      for (int i = 0; i < IN_FLIGHT; i++) {
        int at = first + i * WARPS * WARP;
        int lane = at / columns;
        int column = at % columns * TOGETHER;
        if (at < TILE * columns) {
          unsigned contents[TOGETHER] = {};
#pragma unroll
          for (int j = 0; j < TOGETHER; j++) {
            if (lane < lanes && column + j < words()) {
              contents[j] = part.await<Marked>(rows + lane * stride() + column + j, found[i][j],
                                               number);
            }
          }
          put_together(tile + lane * tile_stride + column, contents);
        }
      }
    }
  }

  /* Reads a tile of lanes of the carried state. */
  __device__ static void read(unsigned *tile, int depth, int tile_stride, const float *rows,
                              int lanes) {
    for (int at = threadIdx.x; at < TILE * depth; at += WARPS * WARP) {
      int lane = at / depth;
      int unit = at % depth * NUMBERS;
      const float *state = rows + (size_t)lane * UNITS + unit;
      float h = lane < lanes && unit < UNITS ? state[0] : 0.0f;
      float next = NUMBERS > 1 && lane < lanes && unit + 1 < UNITS ? state[1] : 0.0f;
      tile[lane * tile_stride + at % depth] = Arithmetic::word(h, next);
    }
  }
};

/*
 * states         [lanes, UNITS]                        the carried h
 * run.exchanged  [groups, 2, lanes of group, stride]   h of the last two steps
 *
 * Shared memory: in a cluster, h of the last two steps; a tile of h', [TILE, depth + 4 words];
 * partial sums, [DEPTH_PARTS, TILE, RECURRENT TILE + 8]; fragments of R.
 */
template <class Arithmetic, class Cell>
__device__ inline void forward_sequence(const Sequence &run, const float *states, Cell first) {
  typedef ForwardFactor<Arithmetic, Cell> Factor;
  typedef States<Arithmetic> Exchange;
  enum { COLUMNS = Cell::RECURRENT * TILE, SUM_STRIDE = COLUMNS + 8 };
  first.units = UNITS;
  int lanes = first.lanes;
  Part part(run);
  int warp = threadIdx.x / WARP;
  int thread = threadIdx.x % WARP;
  const int depth = Factor::depth();
  const int stride = depth + 4;
  unsigned buffer = part.lanes * Exchange::stride();
  Inbox<typename Exchange::Word> inbox(
      (typename Exchange::Word *)run.exchanged + (size_t)part.group * (2 * buffer), buffer, 0);
  unsigned *tile = inbox.end();
  float *sums = (float *)(tile + TILE * stride);
  Fragments<Arithmetic, Factor> weights(Factor{run.weights, part.first_unit},
                                        (uint2 *)(sums + DEPTH_PARTS * TILE * SUM_STRIDE));
  for (int step = 0; step < run.steps; step++) {
    Cell now = first.later(step);
    unsigned number = part.number + step; /* of the exchange of h' */
    for (int a = 0; a < run.lane_tiles; a++) {
      int first_lane = part.first_lane + a * TILE;
      int lane = first_lane + threadIdx.x / TILE;
      int first_unit = part.first_unit + threadIdx.x % TILE;
      typename Cell::Known known[MOST_UNIT_TILES]; /* in flight while the block waits */
#pragma unroll
      for (int b = 0; b < UNIT_TILES; b++) {
        known[b] = {};
        if (lane < lanes && first_unit + b * TILE < UNITS) {
          known[b] = now.read(lane, first_unit + b * TILE);
        }
      }
      if (step == 0) {
        Exchange::read(tile, depth, stride, states + (size_t)first_lane * UNITS,
                       lanes - first_lane);
      } else {
        Exchange::receive(tile, depth, stride, inbox.buffer(number) + a * TILE * Exchange::stride(),
                          lanes - first_lane, part, number);
      }
      __syncthreads();
#pragma unroll
      for (int b = 0; b < UNIT_TILES; b++) {
        int unit = first_unit + b * TILE;
        bool exists = lane < lanes && unit < UNITS;
        float d[Cell::RECURRENT][4] = {};
        weights.add_product(d, tile + Factor::first_word(), stride, b);
        float *sum = sums + (warp % DEPTH_PARTS * TILE + thread / 4) * SUM_STRIDE +
                     Factor::first_column() + 2 * (thread % 4);
#pragma unroll
        for (int n = 0; n < Cell::RECURRENT; n++) {
          *(float2 *)(sum + 8 * n) = {d[n][0], d[n][1]};
          *(float2 *)(sum + 8 * SUM_STRIDE + 8 * n) = {d[n][2], d[n][3]};
        }
        __syncthreads();
        float h = 0.0f;
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
          h = now.write(lane, unit, known[b], products);
          if (Arithmetic::NUMBERS > 1) {
            run.copy[((size_t)step * lanes + lane) * UNITS + unit] = to_bfloat16(h);
          }
        }
        if (step + 1 < run.steps) {
          Exchange::send(inbox, part, lane - part.first_lane, unit, exists, h, number + 1);
        }
        __syncthreads();
      }
    }
  }
  part.finish(run);
}

/*
 * last           the segment's last step
 * sums           [groups, SUMS UNITS]            out: what the cell sums over lanes and steps
 * run.exchanged  [groups, slices, 2, slices, lanes of group, units of slice]   shares of the gradient
 *                of h' of the last two steps: of a slice, from all slices
 *
 * Shared memory: in a cluster, the shares for the block; a tile of gate gradients, [TILE, depth + 4
 * words], at least a word a thread; fragments of R.
 */
template <class Arithmetic, class Cell>
__device__ inline void backward_sequence(const Sequence &run, float *sums, Cell last) {
  typedef BackwardFactor<Arithmetic, Cell> Factor;
  typedef typename Arithmetic::Rounded Marked;
  typedef typename Marked::Word Word;
  enum { NUMBERS = Arithmetic::NUMBERS, COLUMNS = Cell::RECURRENT * TILE };
  last.units = UNITS;
  int lanes = last.lanes;
  Part part(run);
  int thread = threadIdx.x % WARP;
  const int stride = Factor::depth() + 4;
  const int tile_words = TILE * stride > WARPS * WARP ? TILE * stride : WARPS * WARP;
  unsigned elements = part.lanes * Part::units();
  unsigned buffer = Part::slices() * elements;
  Inbox<Word> inbox((Word *)run.exchanged + (size_t)(part.group * Part::slices()) * (2 * buffer),
                    buffer, part.slice);
  unsigned *tile = inbox.end();
  Fragments<Arithmetic, Factor> weights(Factor{run.weights, part.first_unit},
                                        (uint2 *)(tile + tile_words));
  float totals[MOST_UNIT_TILES][Cell::SUMS] = {};
  for (int step = 0; step < run.steps; step++) {
    Cell now = last.earlier(step);
    unsigned number = part.number + step; /* of the shares of the last step */
    const Word *arrived = inbox.buffer(number);
    for (int a = 0; a < run.lane_tiles; a++) {
      int first_lane = part.first_lane + a * TILE;
      int lane = first_lane + threadIdx.x / TILE;
      typename Cell::Saved saved[MOST_UNIT_TILES]; /* as forward */
#pragma unroll
      for (int b = 0; b < UNIT_TILES; b++) {
        int unit = part.first_unit + b * TILE + threadIdx.x % TILE;
        saved[b] = {};
        if (lane < lanes && unit < UNITS) {
          saved[b] = now.read(lane, unit);
        }
      }
#pragma unroll
      for (int b = 0; b < UNIT_TILES; b++) {
        int unit = part.first_unit + b * TILE + threadIdx.x % TILE;
        float gradients[Cell::GATES] = {};
        if (lane < lanes && unit < UNITS) {
          float d_recurrent = 0.0f;
          const Word *of_unit = arrived + (lane - part.first_lane) * Part::units() +
                                (unit - part.first_unit);
          for (int s = 0; s < Part::slices() && step > 0; s += IN_FLIGHT) {
            Word found[IN_FLIGHT] = {};
#pragma unroll
            for (int i = 0; i < IN_FLIGHT; i++) {
              if (s + i < Part::slices()) {
                found[i] = peek(of_unit + (s + i) * elements);
              }
            }
#pragma unroll
            for (int i = 0; i < IN_FLIGHT; i++) {
              if (s + i < Part::slices()) {
                d_recurrent += __uint_as_float(
                    part.await<Marked>(of_unit + (s + i) * elements, found[i], number));
              }
            }
          }
          now.write(lane, unit, saved[b], d_recurrent, gradients);
          if (Arithmetic::NUMBERS > 1) {
            copy_gates<Cell::GATES>(run.copy - (size_t)step * lanes * Cell::GATES * UNITS, lane,
                                    UNITS, unit, gradients);
          }
          now.sum(saved[b], gradients, totals[b]);
        }
#pragma unroll
        for (int g = 0; g < Cell::RECURRENT; g++) {
          int column = b * COLUMNS + g * TILE + threadIdx.x % TILE;
          Arithmetic::put(tile + threadIdx.x / TILE * stride + column / NUMBERS, column % NUMBERS,
                          gradients[Cell::GATES - Cell::RECURRENT + g]);
        }
      }
      __syncthreads();
#pragma unroll
      for (int piece = 0; piece < Factor::pieces(); piece++) {
        int row = Factor::first_row(piece);
        if (step + 1 < run.steps && row < UNITS) {
          float d[ROW_TILES][4] = {};
          weights.add_product(d, tile, stride, piece);
#pragma unroll
          for (int n = 0; n < ROW_TILES; n++) {
            int of_unit = row + n * 8 + 2 * (thread % 4);
            int of_lane = first_lane + thread / 4;
            if (of_unit < UNITS) { /* the next one may be past the last */
              Word *to = inbox.buffer_of(of_unit / Part::units(), number + 1) +
                         part.slice * elements + (of_lane - part.first_lane) * Part::units() +
                         of_unit % Part::units();
#pragma unroll
              for (int i = 0; i < 2; i++) {
                if (of_lane + 8 * i < lanes) {
                  tell_two(to + 8 * i * Part::units(),
                           Marked::mark(__float_as_uint(d[n][2 * i]), number + 1),
                           Marked::mark(__float_as_uint(d[n][2 * i + 1]), number + 1));
                }
              }
            }
          }
        }
      }
      __syncthreads();
    }
  }
  part.finish(run);
  float *of_lanes = (float *)tile;
#pragma unroll
  for (int b = 0; b < UNIT_TILES; b++) {
#pragma unroll
    for (int k = 0; k < Cell::SUMS; k++) {
      of_lanes[threadIdx.x] = totals[b][k];
      __syncthreads();
      int unit = part.first_unit + b * TILE + threadIdx.x;
      if (threadIdx.x < TILE && unit < UNITS) {
        float sum = 0.0f;
        for (int row = 0; row < TILE; row++) {
          sum += of_lanes[row * TILE + threadIdx.x];
        }
        sums[((size_t)part.group * Cell::SUMS + k) * UNITS + unit] = sum;
      }
      __syncthreads();
    }
  }
}

#if CLUSTER > 0
#define IN_CLUSTERS __attribute__((cluster_dims(CLUSTER, 1, 1)))
#else
#define IN_CLUSTERS
#endif

/* 256 threads per block, one block per multiprocessor. */
#define SEQUENCE_KERNEL extern "C" __global__ void __launch_bounds__(WARPS *WARP, 1) IN_CLUSTERS

#define FORWARD_SEQUENCE(cell, Cell, precision, Arithmetic)                                   \
  SEQUENCE_KERNEL cell##_forward_sequence_##precision(Sequence run, const float *states,      \
                                                      Cell##Forward first) {                  \
    forward_sequence<Arithmetic>(run, states, first);                                         \
  }

#define BACKWARD_SEQUENCE(cell, Cell, precision, Arithmetic)                                  \
  SEQUENCE_KERNEL cell##_backward_sequence_##precision(Sequence run, float *sums,             \
                                                       Cell##Backward last) {                 \
    backward_sequence<Arithmetic>(run, sums, last);                                           \
  }
