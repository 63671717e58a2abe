/*
 * Code shared by the cells. A cell is two structs of arrays, for a time step forward and backward.
 * `read` loads what does not depend on other units; the arithmetic is in `write`, so that
 * the loads are in flight while a product is computed. One thread
 * per unit and lane.
 */

/* copy  [lanes, GATES units]  out: values in bfloat16; may be null */
template <int GATES>
__device__ inline void copy_gates(unsigned short *copy, int lane, int units, int unit,
                                  const float *values) {
  for (int g = 0; g < GATES; g++) {
    write_copy(copy, ((size_t)lane * GATES + g) * units + unit, values[g]);
  }
}

/* gates  [lanes, GATES units]  out */
template <int GATES>
__device__ inline void write_gates(float *gates, int lane, int units, int unit,
                                   const float *values) {
  for (int g = 0; g < GATES; g++) {
    gates[((size_t)lane * GATES + g) * units + unit] = values[g];
  }
}

/*
 * One step forward, after the product.
 *
 * recurrent  [lanes, RECURRENT units]  h' R
 * copy       [lanes, units]            out: h in bfloat16; may be null
 */
template <class Cell>
__device__ inline void forward_element(const float *recurrent, unsigned short *copy, Cell step) {
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
  write_copy(copy, element, step.write(lane, unit, step.read(lane, unit), products));
}

/*
 * One step backward, after the next step's product has been added to the gradient of h.
 *
 * copy  [lanes, GATES units]  out: the gradients of the gates in bfloat16; may be null
 */
template <class Cell>
__device__ inline void backward_element(unsigned short *copy, Cell step) {
  int element = blockIdx.x * blockDim.x + threadIdx.x;
  if (element >= step.lanes * step.units) {
    return;
  }
  int lane = element / step.units;
  int unit = element % step.units;
  float gradients[Cell::GATES];
  step.write(lane, unit, step.read(lane, unit), 0.0f, gradients);
  copy_gates<Cell::GATES>(copy, lane, step.units, unit, gradients);
}
