package trainer.cuda;

import com.sun.jna.Library;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.FloatByReference;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;

/**
 * The functions of cuBLAS (CUDA 11.4 and later) that the engine calls, as declared in cublas_v2.h.
 * Each returns 0 or an error status.
 */
@SuppressWarnings("MemberName") // NVIDIA's names
public interface CublasFunctions extends Library {
  int TYPE_FLOAT32 = 0;

  int TYPE_BFLOAT16 = 14;

  /** float32 accumulation of any inputs. */
  int COMPUTE_FLOAT32 = 68;

  /** float32 only, without tensor cores. */
  int COMPUTE_FLOAT32_PEDANTIC = 69;

  /** Inputs rounded to tf32, float32 accumulation. */
  int COMPUTE_FLOAT32_FAST_TF32 = 77;

  int DEFAULT_ALGORITHM = -1;

  /** The status for out of memory. */
  int ALLOCATION_FAILED = 3;

  int cublasCreate_v2(PointerByReference handle);

  int cublasDestroy_v2(Pointer handle);

  /** Property 0 is the major version, 1 the minor. */
  int cublasGetProperty(int property, IntByReference value);

  int cublasSetStream_v2(Pointer handle, Pointer stream);

  int cublasSetWorkspace_v2(Pointer handle, Pointer workspace, long bytes);

  /** C = alpha A B + beta C, column-major; A and B may be transposed. */
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
