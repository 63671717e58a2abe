package trainer.cuda;

import com.sun.jna.Library;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.FloatByReference;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;

/**
 * The functions of cuBLAS (CUDA 11.4 and later) that the engine calls, as cublas_v2.h declares
 * them. Each gives 0 or a status.
 */
@SuppressWarnings("MemberName") // the names are NVIDIA's
public interface CublasFunctions extends Library {
  int TYPE_FLOAT32 = 0;

  /** Products in float32 on the ordinary units, no other arithmetic allowed. */
  int COMPUTE_FLOAT32_PEDANTIC = 69;

  /** Factors are rounded to bfloat16, sums are float32. */
  int COMPUTE_FLOAT32_FAST_BFLOAT16 = 75;

  /** Factors are rounded to tf32, sums are float32. */
  int COMPUTE_FLOAT32_FAST_TF32 = 77;

  int DEFAULT_ALGORITHM = -1;

  /** A status: memory is short. */
  int ALLOCATION_FAILED = 3;

  int cublasCreate_v2(PointerByReference handle);

  int cublasDestroy_v2(Pointer handle);

  /** A part of the version: 0 major, 1 minor. */
  int cublasGetProperty(int property, IntByReference value);

  int cublasSetStream_v2(Pointer handle, Pointer stream);

  int cublasSetWorkspace_v2(Pointer handle, Pointer workspace, long bytes);

  /** C = alpha A B + beta C of matrices that lie column by column; A and B may be transposed. */
  int cublasGemmEx(
      Pointer handle,
      int transposeA,
      int transposeB,
      int m,
      int n,
      int k,
      FloatByReference alpha,
      Pointer a,
      int typeA,
      int strideA,
      Pointer b,
      int typeB,
      int strideB,
      FloatByReference beta,
      Pointer c,
      int typeC,
      int strideC,
      int compute,
      int algorithm);

  String cublasGetStatusString(int status);
}
