/**
 * The engine for NVIDIA GPUs. {@link trainer.engine.cuda.CudaEngine} connects it to a network;
 * {@code CudaNetwork} is the engine on plain arrays; {@code CudaTrainingStep} is a whole step from
 * top to bottom. See docs/cuda.md.
 *
 * <ul>
 *   <li>CUDA is loaded when the engine starts: {@code LibrarySearch} finds driver, NVRTC and
 *       cuBLAS. They are called through the interfaces {@code …Functions} by {@code Gpu}, {@code
 *       Kernels} and {@code Products}, which check every result.
 *   <li>Kernels are the {@code .cu} resources of this package. Comments give the shape of each
 *       argument. A {@code Matrix} is row-major in GPU memory.
 *   <li>Parameters, gradient and optimizer averages are one vector each, laid out by {@code
 *       ParameterLayout}. Activations are time-major: row {@code t · lanes + b} is step t of lane
 *       b.
 *   <li>A recurrent layer runs one GEMM and one kernel per step or, if {@code PersistentPlan} finds
 *       room, one {@code PersistentKernel} for all steps. {@code RecurrenceChoice} measures which
 *       is faster.
 *   <li>Work runs in submission order on one stream, or beside it on a second one: {@code
 *       Wavefront}. {@code CudaGraphs} captures repeated work, which then is one launch.
 *   <li>Before a GPU trains, {@code SelfCheck} compares a small step with the reference.
 * </ul>
 */
package trainer.engine.cuda;
