/*
 * Gated recurrent unit, reset after the product: the element-wise part of one time step, one thread
 * for each unit of each lane. With h' the state before:
 *
 *   r = sigmoid(x Wr + h' Rr + br)     z = sigmoid(x Wz + h' Rz + bz)     q = h' Rn + cn
 *   n = tanh(x Wn + bn + r q)          h = n + z (h' - n)
 *
 * Gates lie in the order n, r, z, q: the first three get x W, the last three h' R.
 *
 * characters    [lanes]            in   first layer: the row of `table` that is x W; else null
 * table         [rows, 3 units]    in   W of the first layer
 * recurrent     [lanes, 3 units]   in   h' R
 * biases        [4 units]          in   bn, br, bz, cn
 * hidden_before [lanes, units]     in   h'
 * gates         [lanes, 4 units]   in   x W in n, r, z where `characters` is null; out: n, r, z, q
 * hidden        [lanes, units]     out  h
 */
extern "C" __global__ void gru_forward(int lanes, int units, const int *characters,
                                       const float *table, const float *recurrent,
                                       const float *biases, const float *hidden_before,
                                       float *gates, float *hidden) {
  int element = blockIdx.x * blockDim.x + threadIdx.x;
  if (element >= lanes * units) {
    return;
  }
  int lane = element / units;
  int unit = element % units;
  float *out = gates + (size_t)lane * 4 * units + unit;
  const float *input = characters ? table + (size_t)characters[lane] * 3 * units + unit : out;
  const float *carried = recurrent + (size_t)lane * 3 * units + unit;
  float before = hidden_before[element];
  float r = sigmoid(input[units] + carried[0] + biases[units + unit]);
  float z = sigmoid(input[2 * units] + carried[units] + biases[2 * units + unit]);
  float q = carried[2 * units] + biases[3 * units + unit];
  float n = tanhf(input[0] + biases[unit] + r * q);
  out[0] = n;
  out[units] = r;
  out[2 * units] = z;
  out[3 * units] = q;
  hidden[element] = n + z * (before - n);
}

/*
 * From the gradient of h to those of the gates before their non-linearities.
 *
 * d_hidden        [lanes, units]     in   gradient of h, from above and from the step after
 * hidden_before   [lanes, units]     in   h'
 * gates           [lanes, 4 units]   in   n, r, z, q; out: their gradients
 * d_hidden_before [lanes, units]     in   gradient of h' from above; what reaches h' other than
 *                                         through h' R is added; null before the first step
 */
extern "C" __global__ void gru_backward(int lanes, int units, const float *d_hidden,
                                        const float *hidden_before, float *gates,
                                        float *d_hidden_before) {
  int element = blockIdx.x * blockDim.x + threadIdx.x;
  if (element >= lanes * units) {
    return;
  }
  float *gate = gates + (size_t)(element / units) * 4 * units + element % units;
  float n = gate[0];
  float r = gate[units];
  float z = gate[2 * units];
  float q = gate[3 * units];
  float dh = d_hidden[element];
  float dn = dh * (1.0f - z) * (1.0f - n * n);
  gate[0] = dn;
  gate[units] = dn * q * r * (1.0f - r);
  gate[2 * units] = dh * (hidden_before[element] - n) * z * (1.0f - z);
  gate[3 * units] = dn * r;
  if (d_hidden_before) {
    d_hidden_before[element] += dh * z;
  }
}
