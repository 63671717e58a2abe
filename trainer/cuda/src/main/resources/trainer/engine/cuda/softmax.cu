/*
 * Softmax and cross-entropy of rows of logits. One warp per row; a block has whole warps.
 *
 * logits [rows, stride]   the first `classes` columns are used, the others are zero
 * biases [classes]        not yet added to the logits
 */

/* Largest logit of a row with biases, the first class that has it, and the normalizer. */
struct Row {
  float largest;
  int best;
  float sum; /* of exp(x - largest) */
};

/* Adds the biases to the row and finds its normalizer. All lanes may read the row afterwards. */
__device__ inline Row read_row(int classes, const float *biases, float *row) {
  int lane = threadIdx.x % WARP;
  Row result = {-3.402823466e+38f, 0, 0.0f};
  for (int k = lane; k < classes; k += WARP) {
    float x = row[k] + biases[k];
    row[k] = x;
    if (x > result.largest || k == lane) {
      result.largest = x;
      result.best = k;
    }
  }
  for (int distance = WARP / 2; distance > 0; distance /= 2) {
    float largest = __shfl_xor_sync(ALL_LANES, result.largest, distance, WARP);
    int best = __shfl_xor_sync(ALL_LANES, result.best, distance, WARP);
    if (largest > result.largest || (largest == result.largest && best < result.best)) {
      result.largest = largest;
      result.best = best;
    }
  }
  for (int k = lane; k < classes; k += WARP) {
    result.sum += expf(row[k] - result.largest);
  }
  result.sum = warp_sum(result.sum);
  __syncwarp(); /* makes the row visible to all lanes: a shuffle does not order memory */
  return result;
}

/*
 * Replaces logits by the gradient of the mean cross-entropy.
 *
 * targets [rows]           in
 * scale                    1 / rows
 * logits  [rows, stride]   in; out: gradient
 * copy    [rows, stride]   out  the gradient in bfloat16; may be null
 * nats    [rows]           out  cross-entropy of each row
 */
extern "C" __global__ void softmax_gradient(int rows, int classes, int stride, const float *biases,
                                            const int *targets, float scale, float *logits,
                                            unsigned short *copy, float *nats) {
  int r = (blockIdx.x * blockDim.x + threadIdx.x) / WARP;
  if (r >= rows) {
    return;
  }
  float *row = logits + (size_t)r * stride;
  int target = targets[r];
  Row found = read_row(classes, biases, row);
  float at_target = row[target];
  __syncwarp(); /* all lanes read the target's logit before its lane overwrites it */
  float factor = scale / found.sum;
  for (int k = threadIdx.x % WARP; k < classes; k += WARP) {
    float gradient = expf(row[k] - found.largest) * factor - (k == target ? scale : 0.0f);
    row[k] = gradient;
    write_copy(copy, (size_t)r * stride + k, gradient);
  }
  if (threadIdx.x % WARP == 0) {
    nats[r] = logf(found.sum) - (at_target - found.largest);
  }
}

/*
 * Scores targets.
 *
 * logits  [rows, stride]   in, overwritten
 * targets [rows]           in   -1: not scored
 * nats    [rows]           out  cross-entropy of each row, 0 if not scored
 * hits    [rows]           out  1 if the target is the most probable class, else 0
 */
extern "C" __global__ void softmax_score(int rows, int classes, int stride, const float *biases,
                                         const int *targets, float *logits, float *nats,
                                         int *hits) {
  int r = (blockIdx.x * blockDim.x + threadIdx.x) / WARP;
  if (r >= rows) {
    return;
  }
  float *row = logits + (size_t)r * stride;
  Row found = read_row(classes, biases, row);
  if (threadIdx.x % WARP == 0) {
    int target = targets[r];
    nats[r] = target < 0 ? 0.0f : logf(found.sum) - (row[target] - found.largest);
    hits[r] = found.best == target;
  }
}

/* Replaces logits by log-probabilities. */
extern "C" __global__ void log_softmax(int rows, int classes, int stride, const float *biases,
                                       float *logits) {
  int r = (blockIdx.x * blockDim.x + threadIdx.x) / WARP;
  if (r >= rows) {
    return;
  }
  float *row = logits + (size_t)r * stride;
  Row found = read_row(classes, biases, row);
  float subtracted = found.largest + logf(found.sum);
  for (int k = threadIdx.x % WARP; k < classes; k += WARP) {
    row[k] -= subtracted;
  }
}
