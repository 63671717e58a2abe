/*
 * Long short-term memory, with or without peepholes: the element-wise part of a time step, one
 * thread for each unit of each lane. With h' and c' the states before:
 *
 *   i = sigmoid(x Wi + h' Ri + bi + pi c')     f = sigmoid(x Wf + h' Rf + bf + pf c')
 *   a = tanh(x Wa + h' Ra + ba)                c = f c' + i a
 *   o = sigmoid(x Wo + h' Ro + bo + po c)      h = o tanh(c)
 *
 * Gates lie in the order a, f, o, i, peepholes in the order f, o, i; the plain LSTM has none.
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

  /* What there is before h' R is known. */
  struct Known {
    float a, f, o, i, before;
  };

  /* The arrays of a later step; those of all steps lie one after the other. */
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
    Known known;
    known.before = cell_before[(size_t)lane * units + unit];
    known.a = input[unit] + biases[unit];
    known.f = input[units + unit] + biases[units + unit];
    known.o = input[2 * units + unit] + biases[2 * units + unit];
    known.i = input[3 * units + unit] + biases[3 * units + unit];
    if (peepholes) {
      known.f += peepholes[unit] * known.before;
      known.i += peepholes[2 * units + unit] * known.before;
    }
    return known;
  }

  /* carried: h' R of the four gates */
  __device__ void write(int lane, int unit, Known known, const float *carried) const {
    float a = tanhf(known.a + carried[0]);
    float f = sigmoid(known.f + carried[1]);
    float i = sigmoid(known.i + carried[3]);
    float c = f * known.before + i * a;
    float o = sigmoid(known.o + carried[2] + (peepholes ? peepholes[units + unit] * c : 0.0f));
    float *gate = gates + (size_t)lane * 4 * units + unit;
    gate[0] = a;
    gate[units] = f;
    gate[2 * units] = o;
    gate[3 * units] = i;
    cell[(size_t)lane * units + unit] = c;
    hidden[(size_t)lane * units + unit] = o * tanhf(c);
  }
};

/* recurrent  [lanes, 4 units]  h' R */
extern "C" __global__ void lstm_forward(const float *recurrent, LstmForward step) {
  forward_element(recurrent, step);
}

/* Backward: from the gradients of h and c to those of the gates before their non-linearities. */
struct LstmBackward {
  enum { GATES = 4, RECURRENT = 4 };

  int lanes;
  int units;
  int last;                 /* whether no gradient of c has come back yet */
  const float *peepholes;   /* [3 units]         null: none */
  const float *d_hidden;    /* [lanes, units]    gradient of h, but what `carried` adds */
  const float *cell_before; /* [lanes, units]    c' */
  const float *cell;        /* [lanes, units]    c */
  float *d_cell;            /* [lanes, units]    in: gradient of c from the step after; out: of c' */
  float *gates;             /* [lanes, 4 units]  in: a, f, o, i; out: their gradients */

  struct Known {
    float a, f, o, i, before, y, dh, dc;
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

  __device__ Known read(int lane, int unit) const {
    size_t element = (size_t)lane * units + unit;
    const float *gate = gates + (size_t)lane * 4 * units + unit;
    Known known;
    known.a = gate[0];
    known.f = gate[units];
    known.o = gate[2 * units];
    known.i = gate[3 * units];
    known.before = cell_before[element];
    known.y = tanhf(cell[element]);
    known.dh = d_hidden[element];
    known.dc = last ? 0.0f : d_cell[element];
    return known;
  }

  /* carried: what the step after adds to the gradient of h; gradients: of the four gates */
  __device__ void write(int lane, int unit, Known known, float carried, float *gradients) const {
    float o = known.o;
    float dh = known.dh + carried;
    float d_output = dh * known.y * o * (1.0f - o);
    float dc = known.dc + dh * o * (1.0f - known.y * known.y);
    if (peepholes) {
      dc += peepholes[units + unit] * d_output;
    }
    float d_input = dc * known.a * known.i * (1.0f - known.i);
    float d_forget = dc * known.before * known.f * (1.0f - known.f);
    float d_before = dc * known.f;
    if (peepholes) {
      d_before += peepholes[unit] * d_forget + peepholes[2 * units + unit] * d_input;
    }
    gradients[0] = dc * known.i * (1.0f - known.a * known.a);
    gradients[1] = d_forget;
    gradients[2] = d_output;
    gradients[3] = d_input;
    write_gates<4>(gates, lane, units, unit, gradients);
    d_cell[(size_t)lane * units + unit] = d_before;
  }
};

extern "C" __global__ void lstm_backward(LstmBackward step) { backward_element(step); }
