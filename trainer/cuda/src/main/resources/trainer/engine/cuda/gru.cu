/*
 * Gated recurrent unit, reset after the product: the element-wise part of a time step, one thread
 * per unit and lane. h' is the previous state:
 *
 *   r = sigmoid(x Wr + h' Rr + br)     z = sigmoid(x Wz + h' Rz + bz)     q = h' Rn + cn
 *   n = tanh(x Wn + bn + r q)          h = n + z (h' - n)
 *
 * Gates in the order n, r, z, q: the first three get x W, the last three h' R.
 */

/* Forward: the arrays of one step. */
struct GruForward {
  enum { RECURRENT = 3 }; /* gates that get h' R */

  int lanes;
  int units;
  const int *characters;      /* [lanes]           first layer: the row of `table` that is x W; or null */
  const float *table;         /* [rows, 3 units]   W of the first layer */
  const float *biases;        /* [4 units]         bn, br, bz, cn */
  const float *hidden_before; /* [lanes, units]    h' */
  float *gates;               /* [lanes, 4 units]  in: x W in n, r, z where `characters` is null;
                                                   out: n, r, z, q */
  float *hidden;              /* [lanes, units]    out: h */

  /* x W of n, r, z, and h'. */
  struct Known {
    float n, r, z, before;
  };

  /* The arrays of a later step; the steps of an array are contiguous. */
  __device__ GruForward later(int steps) const {
    GruForward step = *this;
    size_t states = (size_t)steps * lanes * units;
    step.characters += characters ? (size_t)steps * lanes : 0;
    step.hidden_before += states;
    step.gates += 4 * states;
    step.hidden += states;
    return step;
  }

  __device__ Known read(int lane, int unit) const {
    const float *input = characters ? table + (size_t)characters[lane] * 3 * units
                                    : gates + (size_t)lane * 4 * units;
    return {input[unit], input[units + unit], input[2 * units + unit],
            hidden_before[(size_t)lane * units + unit]};
  }

  /* products: h' R of r, z, q; returns h */
  __device__ float write(int lane, int unit, Known pre, const float *products) const {
    float r = sigmoid(pre.r + biases[units + unit] + products[0]);
    float z = sigmoid(pre.z + biases[2 * units + unit] + products[1]);
    float q = biases[3 * units + unit] + products[2];
    float n = tanhf(pre.n + biases[unit] + r * q);
    float *gate = gates + (size_t)lane * 4 * units + unit;
    gate[0] = n;
    gate[units] = r;
    gate[2 * units] = z;
    gate[3 * units] = q;
    float h = n + z * (pre.before - n);
    hidden[(size_t)lane * units + unit] = h;
    return h;
  }
};

extern "C" __global__ void gru_forward(const float *recurrent, unsigned short *copy,
                                       GruForward step) {
  forward_element(recurrent, copy, step);
}

/* Backward: from the gradient of h to those of the pre-activations. */
struct GruBackward {
  enum { GATES = 4, RECURRENT = 3, SUMS = 4 };

  int lanes;
  int units;
  int index;                  /* of the step in the segment */
  const float *hidden_before; /* [lanes, units]    h' */
  float *d_hidden;            /* [lanes, units]    gradient of h without `d_recurrent`; the gradient
                                                   of h', one step before it, is incremented by what
                                                   reaches h' other than through h' R */
  float *gates;               /* [lanes, 4 units]  in: n, r, z, q; out: their gradients */

  /* Activations of the forward pass, and gradients from the next step. */
  struct Saved {
    float n, r, z, q, before, dh;
  };

  /* The arrays of an earlier step. */
  __device__ GruBackward earlier(int steps) const {
    GruBackward step = *this;
    size_t states = (size_t)steps * lanes * units;
    step.index -= steps;
    step.hidden_before -= states;
    step.d_hidden -= states;
    step.gates -= 4 * states;
    return step;
  }

  __device__ Saved read(int lane, int unit) const {
    size_t element = (size_t)lane * units + unit;
    const float *gate = gates + (size_t)lane * 4 * units + unit;
    Saved saved;
    saved.n = gate[0];
    saved.r = gate[units];
    saved.z = gate[2 * units];
    saved.q = gate[3 * units];
    saved.before = hidden_before[element];
    saved.dh = d_hidden[element];
    return saved;
  }

  /* d_recurrent: gradient of h through h R of the next step; gradients: of the four gates */
  __device__ void write(int lane, int unit, Saved saved, float d_recurrent,
                        float *gradients) const {
    float dh = saved.dh + d_recurrent;
    float r = saved.r;
    float z = saved.z;
    float dn = dh * (1.0f - z) * (1.0f - saved.n * saved.n);
    gradients[0] = dn;
    gradients[1] = dn * saved.q * r * (1.0f - r);
    gradients[2] = dh * (saved.before - saved.n) * z * (1.0f - z);
    gradients[3] = dn * r;
    write_gates<4>(gates, lane, units, unit, gradients);
    if (index > 0) {
      d_hidden[((long long)lane - lanes) * units + unit] += dh * z;
    }
  }

  /* Adds to the gradients of the biases. */
  __device__ void sum(Saved, const float *gradients, float *sums) const {
    for (int g = 0; g < GATES; g++) {
      sums[g] += gradients[g];
    }
  }
};

extern "C" __global__ void gru_backward(unsigned short *copy, GruBackward step) {
  backward_element(copy, step);
}
