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
 * The update rules. A thread updates four elements, which are read and written at once: vectors
 * have a multiple of four elements, or end with fewer, which are updated one by one. All rules have
 * the same arguments, except that a rule's own constants are between `decayed` and `cut`; a vector
 * of averages that a rule does not need is null. copy: w in bfloat16; may be null
 */

/*
 * Updates the thread's elements. Rule: element(k, gradient, w, first average, second average), with
 * the averages of a rule that has fewer unchanged.
 */
template <class Rule>
__device__ inline void update(Rule rule, int length, float cut, float scale, const float *gradient,
                              float *w, unsigned short *copy, float *first, float *second) {
  int k = 4 * (blockIdx.x * blockDim.x + threadIdx.x);
  if (k + 4 <= length) {
    float4 g = *(const float4 *)(gradient + k);
    float4 p = *(const float4 *)(w + k);
    float4 m = first ? *(const float4 *)(first + k) : float4{};
    float4 v = second ? *(const float4 *)(second + k) : float4{};
    rule.element(k, bounded(g.x, scale, cut), p.x, m.x, v.x);
    rule.element(k + 1, bounded(g.y, scale, cut), p.y, m.y, v.y);
    rule.element(k + 2, bounded(g.z, scale, cut), p.z, m.z, v.z);
    rule.element(k + 3, bounded(g.w, scale, cut), p.w, m.w, v.w);
    *(float4 *)(w + k) = p;
    if (copy) {
      *(uint2 *)(copy + k) = {two_bfloat16(p.x, p.y), two_bfloat16(p.z, p.w)};
    }
    if (first) {
      *(float4 *)(first + k) = m;
    }
    if (second) {
      *(float4 *)(second + k) = v;
    }
    return;
  }
  for (; k < length; k++) {
    float m = first ? first[k] : 0.0f;
    float v = second ? second[k] : 0.0f;
    rule.element(k, bounded(gradient[k], scale, cut), w[k], m, v);
    write_copy(copy, k, w[k]);
    if (first) {
      first[k] = m;
    }
    if (second) {
      second[k] = v;
    }
  }
}

/*
 * m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, w = w keep - rate m / (sqrt(v) + epsilon). The
 * host includes both bias corrections in rate and epsilon.
 */
struct Adam {
  int decayed;
  float beta1, add1, beta2, add2;
  Control control;

  __device__ void element(int k, float g, float &w, float &m, float &v) const {
    m = beta1 * m + add1 * g;
    v = beta2 * v + add2 * (g * g);
    float kept = k < decayed ? w * control.keep : w;
    w = kept - control.rate * m / (sqrtf(v) + control.epsilon);
  }
};

extern "C" __global__ void adam(int length, int decayed, float beta1, float add1, float beta2,
                                float add2, float cut, const Control *control, const float *scale,
                                const float *gradient, float *w, unsigned short *copy, float *m,
                                float *v) {
  update(Adam{decayed, beta1, add1, beta2, add2, *control}, length, cut, *scale, gradient, w, copy,
         m, v);
}

/* v = decay v + add g^2, w = w - rate g / (sqrt(v) + epsilon) */
struct RmsProp {
  float decay, add;
  Control control;

  __device__ void element(int, float g, float &w, float &v, float &) const {
    v = decay * v + add * (g * g);
    w -= control.rate * g / (sqrtf(v) + control.epsilon);
  }
};

extern "C" __global__ void rmsprop(int length, int, float decay, float add, float cut,
                                   const Control *control, const float *scale,
                                   const float *gradient, float *w, unsigned short *copy,
                                   float *v, float *) {
  update(RmsProp{decay, add, *control}, length, cut, *scale, gradient, w, copy, v, nullptr);
}

/* u = momentum u + g, w = w - rate u; without momentum `u` is null. */
struct Sgd {
  float momentum, rate;

  __device__ void element(int, float g, float &w, float &u, float &) const {
    u = momentum * u + g;
    w -= rate * u;
  }
};

extern "C" __global__ void sgd(int length, int, float momentum, float cut,
                               const Control *control, const float *scale, const float *gradient,
                               float *w, unsigned short *copy, float *u, float *) {
  update(Sgd{u ? momentum : 0.0f, control->rate}, length, cut, *scale, gradient, w, copy, u,
         nullptr);
}
