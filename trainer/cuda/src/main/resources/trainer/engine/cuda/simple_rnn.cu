/*
 * h = tanh(x W + h' R + b), with h' the previous state: the element-wise part of a time step, one
 * thread per unit and lane.
 */

/* Forward: the arrays of one step. */
struct SimpleRnnForward {
  enum { RECURRENT = 1 }; /* gates that get h' R */

  int lanes;
  int units;
  const int *characters; /* [lanes]         first layer: the row of `table` that is x W; or null */
  const float *table;    /* [rows, units]   W of the first layer */
  const float *biases;   /* [units] */
  const float *gates;    /* [lanes, units]  x W where `characters` is null */
  float *hidden;         /* [lanes, units]  out: h */

  /* x W. */
  typedef float Known;

  /* The arrays of a later step; the steps of an array are contiguous. */
  __device__ SimpleRnnForward later(int steps) const {
    SimpleRnnForward step = *this;
    size_t states = (size_t)steps * lanes * units;
    step.characters += characters ? (size_t)steps * lanes : 0;
    step.gates += states;
    step.hidden += states;
    return step;
  }

  __device__ Known read(int lane, int unit) const {
    const float *input = characters ? table + (size_t)characters[lane] * units
                                    : gates + (size_t)lane * units;
    return input[unit];
  }

  /* products: h' R; returns h */
  __device__ float write(int lane, int unit, Known z, const float *products) const {
    float h = tanhf(z + biases[unit] + products[0]);
    hidden[(size_t)lane * units + unit] = h;
    return h;
  }
};

extern "C" __global__ void simple_rnn_forward(const float *recurrent, unsigned short *copy,
                                              SimpleRnnForward step) {
  forward_element(recurrent, copy, step);
}

/* Backward: from the gradient of h to that of the pre-activation. */
struct SimpleRnnBackward {
  enum { GATES = 1, RECURRENT = 1, SUMS = 1 };

  int lanes;
  int units;
  const float *d_hidden; /* [lanes, units]  gradient of h without `d_recurrent` */
  const float *hidden;   /* [lanes, units]  h */
  float *gates;          /* [lanes, units]  out: gradient of the pre-activation */

  /* Activations of the forward pass, and gradients from the next step. */
  struct Saved {
    float h, dh;
  };

  /* The arrays of an earlier step. */
  __device__ SimpleRnnBackward earlier(int steps) const {
    SimpleRnnBackward step = *this;
    size_t states = (size_t)steps * lanes * units;
    step.d_hidden -= states;
    step.hidden -= states;
    step.gates -= states;
    return step;
  }

  __device__ Saved read(int lane, int unit) const {
    size_t element = (size_t)lane * units + unit;
    return {hidden[element], d_hidden[element]};
  }

  /* d_recurrent: gradient of h through h R of the next step; gradients: of the gate */
  __device__ void write(int lane, int unit, Saved saved, float d_recurrent,
                        float *gradients) const {
    gradients[0] = (saved.dh + d_recurrent) * (1.0f - saved.h * saved.h);
    write_gates<1>(gates, lane, units, unit, gradients);
  }

  /* Adds to the gradient of the biases. */
  __device__ void sum(Saved, const float *gradients, float *sums) const { sums[0] += gradients[0]; }
};

extern "C" __global__ void simple_rnn_backward(unsigned short *copy, SimpleRnnBackward step) {
  backward_element(copy, step);
}
