/*
 * h = tanh(x W + h' R + b), with h' the state before: the element-wise part of one time step, one
 * thread for each unit of each lane.
 *
 * characters [lanes]          in   first layer: the row of `table` that is x W; else null
 * table      [rows, units]    in   W of the first layer
 * recurrent  [lanes, units]   in   h' R
 * biases     [units]          in
 * gates      [lanes, units]   in   x W where `characters` is null
 * hidden     [lanes, units]   out  h
 */
extern "C" __global__ void simple_rnn_forward(int lanes, int units, const int *characters,
                                              const float *table, const float *recurrent,
                                              const float *biases, const float *gates,
                                              float *hidden) {
  int element = blockIdx.x * blockDim.x + threadIdx.x;
  if (element >= lanes * units) {
    return;
  }
  int unit = element % units;
  float input = characters ? table[(size_t)characters[element / units] * units + unit]
                           : gates[element];
  hidden[element] = tanhf(input + recurrent[element] + biases[unit]);
}

/*
 * d_hidden [lanes, units]   in   gradient of h, from above and from the step after
 * hidden   [lanes, units]   in   h
 * gates    [lanes, units]   out  gradient before the non-linearity
 */
extern "C" __global__ void simple_rnn_backward(int lanes, int units, const float *d_hidden,
                                               const float *hidden, float *gates) {
  int element = blockIdx.x * blockDim.x + threadIdx.x;
  if (element >= lanes * units) {
    return;
  }
  float h = hidden[element];
  gates[element] = d_hidden[element] * (1.0f - h * h);
}
