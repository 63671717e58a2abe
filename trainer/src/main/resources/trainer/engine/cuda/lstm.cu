/*
 * Long short-term memory, with or without peepholes: the element-wise part of one time step, one
 * thread for each unit of each lane. With h' and c' the states before:
 *
 *   i = sigmoid(x Wi + h' Ri + bi + pi c')     f = sigmoid(x Wf + h' Rf + bf + pf c')
 *   a = tanh(x Wa + h' Ra + ba)                c = f c' + i a
 *   o = sigmoid(x Wo + h' Ro + bo + po c)      h = o tanh(c)
 *
 * Gates lie in the order a, f, o, i, peepholes in the order f, o, i; the plain LSTM has none.
 *
 * characters  [lanes]            in   first layer: the row of `table` that is x W; else null
 * table       [rows, 4 units]    in   W of the first layer
 * recurrent   [lanes, 4 units]   in   h' R
 * biases      [4 units]          in
 * peepholes   [3 units]          in   null: none
 * cell_before [lanes, units]     in   c'
 * gates       [lanes, 4 units]   in   x W where `characters` is null; out: a, f, o, i
 * cell        [lanes, units]     out  c
 * hidden      [lanes, units]     out  h
 */
extern "C" __global__ void lstm_forward(int lanes, int units, const int *characters,
                                        const float *table, const float *recurrent,
                                        const float *biases, const float *peepholes,
                                        const float *cell_before, float *gates, float *cell,
                                        float *hidden) {
  int element = blockIdx.x * blockDim.x + threadIdx.x;
  if (element >= lanes * units) {
    return;
  }
  int lane = element / units;
  int unit = element % units;
  size_t row = (size_t)lane * 4 * units + unit;
  const float *input =
      characters ? table + (size_t)characters[lane] * 4 * units + unit : gates + row;
  const float *carried = recurrent + row;
  float za = input[0] + carried[0] + biases[unit];
  float zf = input[units] + carried[units] + biases[units + unit];
  float zo = input[2 * units] + carried[2 * units] + biases[2 * units + unit];
  float zi = input[3 * units] + carried[3 * units] + biases[3 * units + unit];
  float before = cell_before[element];
  if (peepholes) {
    zf += peepholes[unit] * before;
    zi += peepholes[2 * units + unit] * before;
  }
  float a = tanhf(za);
  float f = sigmoid(zf);
  float i = sigmoid(zi);
  float c = f * before + i * a;
  if (peepholes) {
    zo += peepholes[units + unit] * c;
  }
  float o = sigmoid(zo);
  float *out = gates + row;
  out[0] = a;
  out[units] = f;
  out[2 * units] = o;
  out[3 * units] = i;
  cell[element] = c;
  hidden[element] = o * tanhf(c);
}

/*
 * From the gradients of h and c to those of the gates before their non-linearities.
 *
 * last        whether this is the segment's last step, where no gradient of c has arrived yet
 * d_hidden    [lanes, units]     in   gradient of h, from above and from the step after
 * cell_before [lanes, units]     in   c'
 * cell        [lanes, units]     in   c
 * d_cell      [lanes, units]     in   gradient of c from the step after; out: that of c'
 * gates       [lanes, 4 units]   in   a, f, o, i; out: their gradients
 */
extern "C" __global__ void lstm_backward(int lanes, int units, int last, const float *peepholes,
                                         const float *d_hidden, const float *cell_before,
                                         const float *cell, float *d_cell, float *gates) {
  int element = blockIdx.x * blockDim.x + threadIdx.x;
  if (element >= lanes * units) {
    return;
  }
  int unit = element % units;
  float *gate = gates + (size_t)(element / units) * 4 * units + unit;
  float a = gate[0];
  float f = gate[units];
  float o = gate[2 * units];
  float i = gate[3 * units];
  float dh = d_hidden[element];
  float before = cell_before[element];
  float y = tanhf(cell[element]);
  float d_output = dh * y * o * (1.0f - o);
  float dc = (last ? 0.0f : d_cell[element]) + dh * o * (1.0f - y * y);
  if (peepholes) {
    dc += peepholes[units + unit] * d_output;
  }
  float d_input = dc * a * i * (1.0f - i);
  float d_forget = dc * before * f * (1.0f - f);
  float d_before = dc * f;
  if (peepholes) {
    d_before += peepholes[unit] * d_forget + peepholes[2 * units + unit] * d_input;
  }
  gate[0] = dc * i * (1.0f - a * a);
  gate[units] = d_forget;
  gate[2 * units] = d_output;
  gate[3 * units] = d_input;
  d_cell[element] = d_before;
}
