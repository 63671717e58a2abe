/*
 * Sums over rows, in an order that depends only on the sizes: two runs give the same bits. A block
 * is SUM_COLUMNS x SUM_ROWS threads; each row of threads sums every SUM_ROWS-th row, then the first
 * sums the results.
 */
#define SUM_COLUMNS 32
#define SUM_ROWS 16

/* The sum of `mine` over the block's rows of threads, in the first row. */
__device__ inline float sum_thread_rows(float mine) {
  __shared__ float sums[SUM_ROWS][SUM_COLUMNS];
  sums[threadIdx.y][threadIdx.x] = mine;
  __syncthreads();
  float sum = 0.0f;
  if (threadIdx.y == 0) {
    for (int k = 0; k < SUM_ROWS; k++) {
      sum += sums[k][threadIdx.x];
    }
  }
  return sum;
}

/* First row of a part; gridDim.y parts share the rows evenly. */
__device__ inline int part_start(int rows, int part) {
  return (int)((long long)rows * part / gridDim.y);
}

/*
 * Column sums of a matrix: gradients of biases. With several parts, a second launch sums the parts.
 *
 * from [rows, stride]      in
 * to   [parts, columns]    out
 */
extern "C" __global__ void column_sums(int rows, int columns, int stride, const float *from,
                                       float *to) {
  int column = blockIdx.x * SUM_COLUMNS + threadIdx.x;
  float sum = 0.0f;
  if (column < columns) {
    int end = part_start(rows, blockIdx.y + 1);
    for (int r = part_start(rows, blockIdx.y) + threadIdx.y; r < end; r += SUM_ROWS) {
      sum += from[(size_t)r * stride + column];
    }
  }
  sum = sum_thread_rows(sum);
  if (threadIdx.y == 0 && column < columns) {
    to[(size_t)blockIdx.y * columns + column] = sum;
  }
}

/*
 * Gradients of peepholes: sums of gate gradients times the memory c that the gate reads. Columns
 * are the peepholes f, o, i, each [units]; f and i read c before the step, o reads c after it.
 *
 * gates [rows, 4 units]          in   gradients of a, f, o, i
 * cells [rows + lanes, units]    in   c, from the carried one on
 * to    [parts, 3 units]         out
 */
extern "C" __global__ void peephole_sums(int rows, int lanes, int units, const float *gates,
                                         const float *cells, float *to) {
  int column = blockIdx.x * SUM_COLUMNS + threadIdx.x;
  float sum = 0.0f;
  if (column < 3 * units) {
    int after = column / units == 1 ? lanes : 0;
    int end = part_start(rows, blockIdx.y + 1);
    for (int r = part_start(rows, blockIdx.y) + threadIdx.y; r < end; r += SUM_ROWS) {
      sum += gates[(size_t)r * 4 * units + units + column] *
             cells[(size_t)(r + after) * units + column % units];
    }
  }
  sum = sum_thread_rows(sum);
  if (threadIdx.y == 0 && column < 3 * units) {
    to[(size_t)blockIdx.y * 3 * units + column] = sum;
  }
}

/*
 * Groups the rows of a segment by character; rows of one character stay in text order. One warp per
 * character; a block has whole warps.
 *
 * characters [rows]             in
 * starts     [vocabulary + 1]   out  start of each character in `order`
 * order      [rows]             out
 */
extern "C" __global__ void sort_rows(int rows, int vocabulary, const int *characters, int *starts,
                                     int *order) {
  int character = (blockIdx.x * blockDim.x + threadIdx.x) / WARP;
  int lane = threadIdx.x % WARP;
  if (character >= vocabulary) {
    return;
  }
  int next = 0;
  for (int first = 0; first < rows; first += WARP) {
    int r = first + lane;
    next += __popc(__ballot_sync(ALL_LANES, r < rows && characters[r] < character));
  }
  if (lane == 0) {
    starts[character] = next;
    if (character == 0) {
      starts[vocabulary] = rows;
    }
  }
  for (int first = 0; first < rows; first += WARP) {
    int r = first + lane;
    bool mine = r < rows && characters[r] == character;
    unsigned found = __ballot_sync(ALL_LANES, mine);
    if (mine) {
      order[next + __popc(found & ((1u << lane) - 1))] = r;
    }
    next += __popc(found);
  }
}

/*
 * Gradient of the first layer's W: for each character, the sum of the gate gradients at its
 * positions. blockIdx.x is the character.
 *
 * gates    [rows, stride]          in
 * gradient [vocabulary, columns]   out
 */
extern "C" __global__ void sum_by_character(int columns, int stride, const int *starts,
                                            const int *order, const float *gates,
                                            float *gradient) {
  int column = blockIdx.y * SUM_COLUMNS + threadIdx.x;
  float sum = 0.0f;
  if (column < columns) {
    int end = starts[blockIdx.x + 1];
    for (int k = starts[blockIdx.x] + threadIdx.y; k < end; k += SUM_ROWS) {
      sum += gates[(size_t)order[k] * stride + column];
    }
  }
  sum = sum_thread_rows(sum);
  if (threadIdx.y == 0 && column < columns) {
    gradient[(size_t)blockIdx.x * columns + column] = sum;
  }
}
