/*
 * What the cells have in common. A cell is two structures of arrays, one for the forward and one for
 * the backward part of a time step: `read` gets what does not depend on the product with R, `write`
 * does the rest once that is known. One thread does one unit of one lane.
 */

/* One step forward, the product being done before. recurrent: [lanes, RECURRENT units] */
template <class Cell>
__device__ inline void forward_element(const float *recurrent, Cell step) {
  int element = blockIdx.x * blockDim.x + threadIdx.x;
  if (element >= step.lanes * step.units) {
    return;
  }
  int lane = element / step.units;
  int unit = element % step.units;
  float products[Cell::RECURRENT];
  for (int g = 0; g < Cell::RECURRENT; g++) {
    products[g] = recurrent[((size_t)lane * Cell::RECURRENT + g) * step.units + unit];
  }
  step.write(lane, unit, step.read(lane, unit), products);
}

/* One step backward, the product of the step after having been added to the gradient of h. */
template <class Cell>
__device__ inline void backward_element(Cell step) {
  int element = blockIdx.x * blockDim.x + threadIdx.x;
  if (element >= step.lanes * step.units) {
    return;
  }
  int lane = element / step.units;
  int unit = element % step.units;
  float gradients[Cell::GATES];
  step.write(lane, unit, step.read(lane, unit), 0.0f, gradients);
}

/* gates  [lanes, GATES units]  out */
template <int GATES>
__device__ inline void write_gates(float *gates, int lane, int units, int unit,
                                   const float *values) {
  for (int g = 0; g < GATES; g++) {
    gates[((size_t)lane * GATES + g) * units + unit] = values[g];
  }
}
