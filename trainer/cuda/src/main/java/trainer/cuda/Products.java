package trainer.cuda;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.FloatByReference;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import trainer.config.Compute.Precision;

/**
 * GEMM on a GPU, by cuBLAS. cuBLAS is column-major, where a row-major matrix reads as its
 * transpose, so C = A B is computed as Cᵀ = Bᵀ Aᵀ.
 */
public final class Products implements AutoCloseable {
  /** NVIDIA's recommendation for Hopper; enough for older GPUs. */
  private static final long WORKSPACE = 32L << 20;

  private final Gpu gpu;
  private final CublasFunctions functions;
  private final List<Pointer> handles = new ArrayList<>(); // of the two streams
  private final DeviceMemory memory;
  private final boolean copies; // whether factors are read in bfloat16
  private final int compute;
  private final FloatByReference one = new FloatByReference(1);
  private final FloatByReference zero = new FloatByReference(0);

  /**
   * @throws CudaException if cuBLAS cannot use the GPU
   */
  public Products(Gpu gpu, CublasFunctions functions, Precision precision) {
    this.gpu = gpu;
    this.functions = functions;
    copies = precision == Precision.BFLOAT16;
    compute =
        switch (precision) {
          case FLOAT32 -> CublasFunctions.COMPUTE_FLOAT32_PEDANTIC;
          case TF32 -> CublasFunctions.COMPUTE_FLOAT32_FAST_TF32;
          case BFLOAT16 -> CublasFunctions.COMPUTE_FLOAT32;
          case AUTO -> throw new IllegalArgumentException("a precision that is not yet chosen");
        };
    memory = new DeviceMemory(gpu);
    try {
      for (Pointer stream : List.of(gpu.mainStream(), gpu.sideStream())) {
        PointerByReference created = new PointerByReference();
        check("cublasCreate", functions.cublasCreate_v2(created));
        Pointer handle = created.getValue();
        handles.add(handle);
        check("cublasSetStream", functions.cublasSetStream_v2(handle, stream));
        // Our own workspace: cuBLAS cannot allocate one during graph capture. Set it after the
        // stream, which resets the workspace.
        Pointer workspace = new Pointer(memory.bytes(WORKSPACE));
        check("cublasSetWorkspace", functions.cublasSetWorkspace_v2(handle, workspace, WORKSPACE));
      }
    } catch (RuntimeException | LinkageError e) {
      Failure.closing(e, this::destroy, memory);
      throw e;
    }
  }

  /**
   * Finds cuBLAS.
   *
   * @param preferred the major version of CUDA that serves the GPU, as NVRTC tells; the others
   *     follow, the older ones first
   * @throws CudaException if there is none that the driver can use
   */
  public static LibrarySearch.Found<CublasFunctions> find(
      LibrarySearch search, int driverVersion, int preferred) {
    List<String> names =
        new ArrayList<>(
            Nvrtc.names(
                driverVersion, List.of("libcublas.so.13", "libcublas.so.12", "libcublas.so.11")));
    Collections.rotate(names, -Math.max(0, names.indexOf("libcublas.so." + preferred)));
    LibrarySearch.Found<CublasFunctions> found =
        search.find(CublasFunctions.class, names, List.of("libcublasLt.so*"));
    if (found == null) {
      throw new CudaException(
          ("cuBLAS is missing: none of %s was found (%s). It comes with the CUDA toolkit, the"
                  + " nvidia/cuda runtime images, and pip's nvidia-cublas")
              .formatted(String.join(", ", names), search.places()));
    }
    return found;
  }

  private void check(String call, int status) {
    check(call, status, functions);
  }

  private static void check(String call, int status, CublasFunctions functions) {
    if (status != 0) {
      String error =
          "%s failed with status %d: %s".formatted(call, status, meaning(status, functions));
      throw status == CublasFunctions.ALLOCATION_FAILED
          ? new GpuMemoryException(error)
          : new CudaException(error);
    }
  }

  /** Describes a status. The first cuBLAS of CUDA 11.4 lacks the function. */
  public static String meaning(int status, CublasFunctions functions) {
    try {
      return functions.cublasGetStatusString(status);
    } catch (UnsatisfiedLinkError e) {
      return "see cublasStatus_t in NVIDIA's documentation";
    }
  }

  /** cuBLAS's version, such as 13.0. */
  public static String version(CublasFunctions functions) {
    return part(functions, 0) + "." + part(functions, 1);
  }

  public CublasFunctions functions() {
    return functions;
  }

  /** The version of this cuBLAS. */
  public String version() {
    return version(functions);
  }

  private static int part(CublasFunctions functions, int property) {
    IntByReference value = new IntByReference();
    check("cublasGetProperty", functions.cublasGetProperty(property, value), functions);
    return value.getValue();
  }

  /**
   * Makes a matrix a factor: in bfloat16, products read a copy of its numbers, which whoever writes
   * the matrix writes too.
   *
   * @param memory holds the copy, zero at first
   */
  public Matrix factor(DeviceMemory memory, Matrix matrix) {
    long numbers = (long) matrix.rows() * matrix.stride();
    return new Matrix(
        matrix.address(),
        copies ? memory.bytes(numbers * Short.BYTES) : 0,
        matrix.rows(),
        matrix.columns(),
        matrix.stride());
  }

  /** c = a b */
  public void multiply(Matrix a, Matrix b, Matrix c) {
    multiply(a, false, b, false, c, zero);
  }

  /** c = aᵀ b */
  public void multiplyTransposed(Matrix a, Matrix b, Matrix c) {
    multiply(a, true, b, false, c, zero);
  }

  /** c = a bᵀ */
  public void multiplyByTransposed(Matrix a, Matrix b, Matrix c) {
    multiply(a, false, b, true, c, zero);
  }

  /** c = c + a bᵀ */
  public void addByTransposed(Matrix a, Matrix b, Matrix c) {
    multiply(a, false, b, true, c, one);
  }

  private void multiply(
      Matrix a, boolean transposeA, Matrix b, boolean transposeB, Matrix c, FloatByReference beta) {
    int inner = transposeA ? a.rows() : a.columns();
    if (inner != (transposeB ? b.columns() : b.rows())
        || c.rows() != (transposeA ? a.columns() : a.rows())
        || c.columns() != (transposeB ? b.rows() : b.columns())) {
      throw new IllegalArgumentException("a product of %s and %s into %s".formatted(a, b, c));
    }
    if (copies && (a.copy() == 0 || b.copy() == 0)) {
      throw new IllegalArgumentException("a product of %s and %s without copies".formatted(a, b));
    }
    int type = copies ? CublasFunctions.TYPE_BFLOAT16 : CublasFunctions.TYPE_FLOAT32;
    check(
        "cublasGemmEx",
        functions.cublasGemmEx(
            handles.get(gpu.isAside() ? 1 : 0),
            transposeB ? 1 : 0,
            transposeA ? 1 : 0,
            c.columns(),
            c.rows(),
            inner,
            one,
            new Pointer(copies ? b.copy() : b.address()),
            type,
            b.stride(),
            new Pointer(copies ? a.copy() : a.address()),
            type,
            a.stride(),
            beta,
            new Pointer(c.address()),
            CublasFunctions.TYPE_FLOAT32,
            c.stride(),
            compute,
            CublasFunctions.DEFAULT_ALGORITHM));
  }

  private void destroy() {
    for (Pointer handle : handles) {
      int status = functions.cublasDestroy_v2(handle);
      if (!gpu.isLost()) {
        check("cublasDestroy", status);
      }
    }
  }

  @Override
  public void close() {
    destroy();
    memory.close();
  }
}
