/*
 * Gated recurrent unit, reset after the product: the element-wise part of a time step, one thread
 * for each unit of each lane. With h' the state before:
 *
 *   r = sigmoid(x Wr + h' Rr + br)     z = sigmoid(x Wz + h' Rz + bz)     q = h' Rn + cn
 *   n = tanh(x Wn + bn + r q)          h = n + z (h' - n)
 *
 * Gates lie in the order n, r, z, q: the first three get x W, the last three h' R.
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

  /* What there is before h' R is known. */
  struct Known {
    float n, r, z, q, before;
  };

  /* The arrays of a later step; those of all steps lie one after the other. */
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
    Known known;
    known.before = hidden_before[(size_t)lane * units + unit];
    known.n = input[unit] + biases[unit];
    known.r = input[units + unit] + biases[units + unit];
    known.z = input[2 * units + unit] + biases[2 * units + unit];
    known.q = biases[3 * units + unit];
    return known;
  }

  /* carried: h' R of r, z, q */
  __device__ void write(int lane, int unit, Known known, const float *carried) const {
    float r = sigmoid(known.r + carried[0]);
    float z = sigmoid(known.z + carried[1]);
    float q = known.q + carried[2];
    float n = tanhf(known.n + r * q);
    float *gate = gates + (size_t)lane * 4 * units + unit;
    gate[0] = n;
    gate[units] = r;
    gate[2 * units] = z;
    gate[3 * units] = q;
    hidden[(size_t)lane * units + unit] = n + z * (known.before - n);
  }
};

/* recurrent  [lanes, 3 units]  h' R */
extern "C" __global__ void gru_forward(const float *recurrent, GruForward step) {
  forward_element(recurrent, step);
}

/* Backward: from the gradient of h to those of the gates before their non-linearities. */
struct GruBackward {
  enum { GATES = 4, RECURRENT = 3 };

  int lanes;
  int units;
  int index;                  /* of the step in the segment */
  const float *hidden_before; /* [lanes, units]    h' */
  float *d_hidden;            /* [lanes, units]    gradient of h, but what `carried` adds; to that of
                                                   h', which lies before it, is added what reaches h'
                                                   other than through h' R */
  float *gates;               /* [lanes, 4 units]  in: n, r, z, q; out: their gradients */

  struct Known {
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

  __device__ Known read(int lane, int unit) const {
    size_t element = (size_t)lane * units + unit;
    const float *gate = gates + (size_t)lane * 4 * units + unit;
    Known known;
    known.n = gate[0];
    known.r = gate[units];
    known.z = gate[2 * units];
    known.q = gate[3 * units];
    known.before = hidden_before[element];
    known.dh = d_hidden[element];
    return known;
  }

  /* carried: what the step after adds to the gradient of h; gradients: of the four gates */
  __device__ void write(int lane, int unit, Known known, float carried, float *gradients) const {
    float dh = known.dh + carried;
    float r = known.r;
    float z = known.z;
    float dn = dh * (1.0f - z) * (1.0f - known.n * known.n);
    gradients[0] = dn;
    gradients[1] = dn * known.q * r * (1.0f - r);
    gradients[2] = dh * (known.before - known.n) * z * (1.0f - z);
    gradients[3] = dn * r;
    write_gates<4>(gates, lane, units, unit, gradients);
    if (index > 0) {
      d_hidden[((long long)lane - lanes) * units + unit] += dh * z;
    }
  }
};

extern "C" __global__ void gru_backward(GruBackward step) { backward_element(step); }
