/**
 * The engine for NVIDIA GPUs. {@link trainer.engine.cuda.CudaEngine} joins it to a network; {@code
 * CudaNetwork} is the engine on plain arrays; {@code CudaTrainingStep} is a whole step from top to
 * bottom. docs/cuda.md has the whole picture.
 *
 * <ul>
 *   <li>CUDA is loaded when the engine starts: the driver, NVRTC and cuBLAS, found by {@code
 *       LibrarySearch} and called through the interfaces {@code …Functions}, whose results {@code
 *       Gpu}, {@code Kernels} and {@code Products} check.
 *   <li>Kernels are the {@code .cu} files beside these classes. Their headers say what each
 *       argument is; a {@code Matrix} is row-major in the GPU's memory.
 *   <li>Parameters, gradient and the optimizer's averages are one vector each, laid out by {@code
 *       ParameterLayout}. Activations are time-major: row {@code t · lanes + b} is step t of lane
 *       b.
 *   <li>A layer gets from step to step by a product and a kernel for each, or, where the setting
 *       {@code Recurrence} asks for it and {@code PersistentPlan} finds room, by one {@code
 *       PersistentKernel} for all steps.
 *   <li>All work runs on one stream in the order in which it is given. Work that repeats is
 *       recorded by {@code CudaGraphs} and then is one launch.
 * </ul>
 */
package trainer.engine.cuda;
