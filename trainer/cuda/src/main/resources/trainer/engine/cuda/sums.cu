/*
 * Sums over rows, each added up in an order that depends on the sizes alone: two runs give the same
 * bits. A block is SUM_COLUMNS x SUM_ROWS threads; each row of threads adds up every SUM_ROWS-th
 * row, and the first then adds up what they found.
 */
#define SUM_COLUMNS 32
#define SUM_ROWS 16

/* The sum of one number of each of the block's rows of threads, in the first of them. */
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

/* The rows of a part, one of gridDim.y that share the rows evenly. */
__device__ inline int part_start(int rows, int part) {
  return (int)((long long)rows * part / gridDim.y);
}

/*
 * The sum of the columns of a matrix: the gradient of biases. Where there is more than one part of
 * the rows, it takes a second launch, with the parts as rows.
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
 * The gradients of peepholes: sums of gates' gradients times the memories that the gates looked at.
 * Columns are those of the peepholes f, o, i, each [units]; f and i look at the memory before the
 * step, o at the one after it.
 *
 * gates [rows, 4 units]          in   gradients of a, f, o, i
 * cells [rows + lanes, units]    in   memories, from the one that the segment started from on
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
 * Sorts the rows of a segment by their characters, rows of one character in the order of the text.
 * One warp has one character; a block has whole warps.
 *
 * characters [rows]             in
 * starts     [vocabulary + 1]   out  where a character's rows begin in `order`
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
 * The gradient of the first layer's W, whose rows were looked up: for each character, the sum of
 * the gates' gradients where it was read. blockIdx.x is the character.
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
