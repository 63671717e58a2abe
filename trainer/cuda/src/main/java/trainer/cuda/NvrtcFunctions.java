package trainer.cuda;

import com.sun.jna.Library;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;

/**
 * The functions of CUDA's run-time compiler (libnvrtc, CUDA 11.2 and later) that the engine calls,
 * as declared in nvrtc.h. Each returns 0 or an error code.
 */
public interface NvrtcFunctions extends Library {

  int nvrtcVersion(IntByReference major, IntByReference minor);

  int nvrtcGetNumSupportedArchs(IntByReference count);

  int nvrtcGetSupportedArchs(int[] architectures);

  int nvrtcCreateProgram(
      PointerByReference program,
      String source,
      String name,
      int headers,
      Pointer headerSources,
      Pointer headerNames);

  int nvrtcCompileProgram(Pointer program, int count, String[] options);

  int nvrtcGetProgramLogSize(Pointer program, LongByReference bytes);

  int nvrtcGetProgramLog(Pointer program, byte[] log);

  int nvrtcGetCUBINSize(Pointer program, LongByReference bytes);

  int nvrtcGetCUBIN(Pointer program, byte[] image);

  int nvrtcGetPTXSize(Pointer program, LongByReference bytes);

  int nvrtcGetPTX(Pointer program, byte[] image);

  int nvrtcDestroyProgram(PointerByReference program);

  String nvrtcGetErrorString(int error);
}
