/*
 * Clipping and parameter updates. Parameters, gradient and optimizer averages are vectors in the
 * same layout; weight decay applies to the first `decayed` elements.
 */
#define RESULT_THREADS 256

/* The sum of `mine` over the block, in all threads. The block size is a power of two. */
__device__ inline double block_sum(double mine) {
  __shared__ double sums[RESULT_THREADS];
  __syncthreads(); /* threads may still read the previous sum */
  sums[threadIdx.x] = mine;
  __syncthreads();
  for (int distance = RESULT_THREADS / 2; distance > 0; distance /= 2) {
    if ((int)threadIdx.x < distance) {
      sums[threadIdx.x] += sums[threadIdx.x + distance];
    }
    __syncthreads();
  }
  return sums[0];
}

/* parts [gridDim.x] out: partial sums of squares of the gradient */
extern "C" __global__ void gradient_squares(int length, const float *gradient, double *parts) {
  const float4 *fours = (const float4 *)gradient;
  int first = blockIdx.x * RESULT_THREADS + threadIdx.x;
  float sum = 0.0f;
#pragma unroll 8 /* loads in flight */
  for (int k = first; k < length / 4; k += gridDim.x * RESULT_THREADS) {
    float4 g = fours[k];
    sum += (g.x * g.x + g.y * g.y) + (g.z * g.z + g.w * g.w);
  }
  for (int k = length / 4 * 4 + first; k < length; k += gridDim.x * RESULT_THREADS) {
    sum += gradient[k] * gradient[k];
  }
  double total = block_sum(sum);
  if (threadIdx.x == 0) {
    parts[blockIdx.x] = total;
  }
}

/*
 * The host polls what a step publishes while the update runs: a word has the iteration's sequence
 * number in its upper half and a float's bits in its lower half, so one store publishes it.
 */
__device__ inline void publish(float value, const Control *control,
                               volatile unsigned long long *published) {
  *published = (unsigned long long)control->sequence << 32 | __float_as_uint(value);
}

/*
 * Share of the mean loss. One block.
 *
 * nats       [rows]    in   cross-entropy of each character
 * characters                that the mean is over
 * published  [1]       out
 */
extern "C" __global__ void publish_loss(int rows, const float *nats, int characters,
                                        const Control *control,
                                        volatile unsigned long long *published) {
  double loss = 0.0;
#pragma unroll 8 /* loads in flight */
  for (int k = threadIdx.x; k < rows; k += RESULT_THREADS) {
    loss += nats[k];
  }
  loss = block_sum(loss) / characters;
  if (threadIdx.x == 0) {
    publish((float)loss, control, published);
  }
}

/*
 * Gradient norm, and the factor that clips the gradient to a bound on its norm. One block.
 *
 * parts     [count]   in   from gradient_squares
 * bound               largest norm; infinity: no clipping
 * scale     [1]       out
 * published [1]       out  the norm
 */
extern "C" __global__ void gradient_norm(int count, const double *parts, float bound,
                                         const Control *control, float *scale,
                                         volatile unsigned long long *published) {
  double squares = 0.0;
  for (int k = threadIdx.x; k < count; k += RESULT_THREADS) {
    squares += parts[k];
  }
  double norm = sqrt(block_sum(squares));
  if (threadIdx.x == 0) {
    double factor = bound / (norm + 1e-6);
    *scale = factor < 1.0 ? (float)factor : 1.0f;
    publish((float)norm, control, published);
  }
}

/* Adds the gradient of a lane group to that of another: sum [length] in, out. */
extern "C" __global__ void add_gradient(int length, const float *gradient, float *sum) {
  int k = blockIdx.x * blockDim.x + threadIdx.x;
  if (k < length) {
    sum[k] += gradient[k];
  }
}

/*
 * An element of the gradient, scaled, then clipped to [-cut, cut]. NaN stays NaN; fminf and fmaxf
 * would replace it.
 */
__device__ inline float bounded(float gradient, float scale, float cut) {
  float g = gradient * scale;
  return g > cut ? cut : g < -cut ? -cut : g;
}

/*
 * The update rules. All have the same arguments, except that a rule's own constants are between
 * `decayed` and `cut`; a vector of averages that a rule does not need is null.
 */

/*
 * m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, w = w keep - rate m / (sqrt(v) + epsilon). The
 * host includes both bias corrections in rate and epsilon.
 */
extern "C" __global__ void adam(int length, int decayed, float beta1, float add1, float beta2,
                                float add2, float cut, const Control *control, const float *scale,
                                const float *gradient, float *w, float *m, float *v) {
  int k = blockIdx.x * blockDim.x + threadIdx.x;
  if (k >= length) {
    return;
  }
  float g = bounded(gradient[k], *scale, cut);
  float mean = beta1 * m[k] + add1 * g;
  float square = beta2 * v[k] + add2 * (g * g);
  m[k] = mean;
  v[k] = square;
  float kept = k < decayed ? w[k] * control->keep : w[k];
  w[k] = kept - control->rate * mean / (sqrtf(square) + control->epsilon);
}

/* v = decay v + add g^2, w = w - rate g / (sqrt(v) + epsilon) */
extern "C" __global__ void rmsprop(int length, int, float decay, float add, float cut,
                                   const Control *control, const float *scale,
                                   const float *gradient, float *w, float *v, float *) {
  int k = blockIdx.x * blockDim.x + threadIdx.x;
  if (k >= length) {
    return;
  }
  float g = bounded(gradient[k], *scale, cut);
  float square = decay * v[k] + add * (g * g);
  v[k] = square;
  w[k] -= control->rate * g / (sqrtf(square) + control->epsilon);
}

/* u = momentum u + g, w = w - rate u; without momentum `u` is null. */
extern "C" __global__ void sgd(int length, int, float momentum, float cut,
                               const Control *control, const float *scale, const float *gradient,
                               float *w, float *u, float *) {
  int k = blockIdx.x * blockDim.x + threadIdx.x;
  if (k >= length) {
    return;
  }
  float step = bounded(gradient[k], *scale, cut);
  if (u) {
    step += momentum * u[k];
    u[k] = step;
  }
  w[k] -= control->rate * step;
}
