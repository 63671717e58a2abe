/*
 * Long short-term memory, with or without peepholes: the element-wise part of a time step, one
 * thread per unit and lane. h' and c' are the previous states:
 *
 *   i = sigmoid(x Wi + h' Ri + bi + pi c')     f = sigmoid(x Wf + h' Rf + bf + pf c')
 *   a = tanh(x Wa + h' Ra + ba)                c = f c' + i a
 *   o = sigmoid(x Wo + h' Ro + bo + po c)      h = o tanh(c)
 *
 * Gates in the order a, f, o, i, peepholes in the order f, o, i; the plain LSTM has no peepholes.
 */

/* Forward: the arrays of one step. */
struct LstmForward {
  enum { RECURRENT = 4 }; /* gates that get h' R */

  int lanes;
  int units;
  const int *characters;    /* [lanes]           first layer: the row of `table` that is x W; or null */
  const float *table;       /* [rows, 4 units]   W of the first layer */
  const float *biases;      /* [4 units] */
  const float *peepholes;   /* [3 units]         null: none */
  const float *cell_before; /* [lanes, units]    c' */
  float *gates;             /* [lanes, 4 units]  in: x W where `characters` is null; out: a, f, o, i */
  float *cell;              /* [lanes, units]    out: c */
  float *hidden;            /* [lanes, units]    out: h */

  /* x W of the gates, and c'. */
  struct Known {
    float a, f, o, i, before;
  };

  /* The arrays of a later step; the steps of an array are contiguous. */
  __device__ LstmForward later(int steps) const {
    LstmForward step = *this;
    size_t states = (size_t)steps * lanes * units;
    step.characters += characters ? (size_t)steps * lanes : 0;
    step.cell_before += states;
    step.gates += 4 * states;
    step.cell += states;
    step.hidden += states;
    return step;
  }

  __device__ Known read(int lane, int unit) const {
    const float *input = characters ? table + (size_t)characters[lane] * 4 * units
                                    : gates + (size_t)lane * 4 * units;
    return {input[unit], input[units + unit], input[2 * units + unit], input[3 * units + unit],
            cell_before[(size_t)lane * units + unit]};
  }

  /* products: h' R of a, f, o, i; returns h */
  __device__ float write(int lane, int unit, Known pre, const float *products) const {
    pre.a += biases[unit];
    pre.f += biases[units + unit];
    pre.o += biases[2 * units + unit];
    pre.i += biases[3 * units + unit];
    if (peepholes) {
      pre.f += peepholes[unit] * pre.before;
      pre.i += peepholes[2 * units + unit] * pre.before;
    }
    float a = tanhf(pre.a + products[0]);
    float f = sigmoid(pre.f + products[1]);
    float i = sigmoid(pre.i + products[3]);
    float c = f * pre.before + i * a;
    float o = sigmoid(pre.o + products[2] + (peepholes ? peepholes[units + unit] * c : 0.0f));
    float *gate = gates + (size_t)lane * 4 * units + unit;
    gate[0] = a;
    gate[units] = f;
    gate[2 * units] = o;
    gate[3 * units] = i;
    cell[(size_t)lane * units + unit] = c;
    float h = o * tanhf(c);
    hidden[(size_t)lane * units + unit] = h;
    return h;
  }
};

extern "C" __global__ void lstm_forward(const float *recurrent, unsigned short *copy,
                                        LstmForward step) {
  forward_element(recurrent, copy, step);
}

/* Backward: from the gradients of h and c to those of the pre-activations. */
struct LstmBackward {
  enum { GATES = 4, RECURRENT = 4, SUMS = 7 };

  int lanes;
  int units;
  int last;                 /* the last step: d_cell is not read */
  const float *peepholes;   /* [3 units]         null: none */
  const float *d_hidden;    /* [lanes, units]    gradient of h without `d_recurrent` */
  const float *cell_before; /* [lanes, units]    c' */
  const float *cell;        /* [lanes, units]    c */
  float *d_cell;            /* [lanes, units]    in: gradient of c from the next step; out: of c' */
  float *gates;             /* [lanes, 4 units]  in: a, f, o, i; out: their gradients */

  /* Activations of the forward pass, and gradients from the next step. */
  struct Saved {
    float a, f, o, i, before, c, dh, dc;
  };

  /* The arrays of an earlier step. */
  __device__ LstmBackward earlier(int steps) const {
    LstmBackward step = *this;
    size_t states = (size_t)steps * lanes * units;
    step.last = last && steps == 0;
    step.d_hidden -= states;
    step.cell_before -= states;
    step.cell -= states;
    step.gates -= 4 * states;
    return step;
  }

  __device__ Saved read(int lane, int unit) const {
    size_t element = (size_t)lane * units + unit;
    const float *gate = gates + (size_t)lane * 4 * units + unit;
    Saved saved;
    saved.a = gate[0];
    saved.f = gate[units];
    saved.o = gate[2 * units];
    saved.i = gate[3 * units];
    saved.before = cell_before[element];
    saved.c = cell[element];
    saved.dh = d_hidden[element];
    saved.dc = last ? 0.0f : d_cell[element];
    return saved;
  }

  /* d_recurrent: gradient of h through h R of the next step; gradients: of the four gates */
  __device__ void write(int lane, int unit, Saved saved, float d_recurrent,
                        float *gradients) const {
    float o = saved.o;
    float y = tanhf(saved.c);
    float dh = saved.dh + d_recurrent;
    float d_output = dh * y * o * (1.0f - o);
    float dc = saved.dc + dh * o * (1.0f - y * y);
    if (peepholes) {
      dc += peepholes[units + unit] * d_output;
    }
    float d_input = dc * saved.a * saved.i * (1.0f - saved.i);
    float d_forget = dc * saved.before * saved.f * (1.0f - saved.f);
    float d_before = dc * saved.f;
    if (peepholes) {
      d_before += peepholes[unit] * d_forget + peepholes[2 * units + unit] * d_input;
    }
    gradients[0] = dc * saved.i * (1.0f - saved.a * saved.a);
    gradients[1] = d_forget;
    gradients[2] = d_output;
    gradients[3] = d_input;
    write_gates<4>(gates, lane, units, unit, gradients);
    d_cell[(size_t)lane * units + unit] = d_before;
  }

  /* Adds to the gradients of the biases, and of the peepholes f, o, i: f and i read c', o reads c. */
  __device__ void sum(Saved saved, const float *gradients, float *sums) const {
    for (int g = 0; g < GATES; g++) {
      sums[g] += gradients[g];
    }
    sums[4] += gradients[1] * saved.before;
    sums[5] += gradients[2] * saved.c;
    sums[6] += gradients[3] * saved.before;
  }
};

extern "C" __global__ void lstm_backward(unsigned short *copy, LstmBackward step) {
  backward_element(copy, step);
}
