package trainer.cuda;

import com.sun.jna.Library;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;

/**
 * The functions of the CUDA driver (libcuda) that the engine calls, under the names and with the
 * parameters of cuda.h. Each gives 0 or an error code. Device addresses are {@code long}; sizes are
 * bytes unless said otherwise.
 */
@SuppressWarnings("MemberName") // the names are NVIDIA's
public interface DriverFunctions extends Library {
  /** Attributes of a device. */
  int MULTIPROCESSORS = 16;

  int COMPUTE_CAPABILITY_MAJOR = 75;
  int COMPUTE_CAPABILITY_MINOR = 76;
  int COOPERATIVE_LAUNCH = 95;
  int SHARED_MEMORY_OF_BLOCK = 97;

  /** An attribute of a kernel: bytes of shared memory that a launch may ask for. */
  int MOST_SHARED_MEMORY = 8;

  /** Host memory that the GPU reads and writes where it lies. */
  int HOST_MEMORY_MAPPED = 2;

  /** A stream that does not wait for the default one. */
  int STREAM_NON_BLOCKING = 1;

  /** Other threads may do what a capture forbids. */
  int CAPTURE_THREAD_LOCAL = 1;

  int SUCCESS = 0;
  int ERROR_OUT_OF_MEMORY = 2;
  int ERROR_DEVICE_UNAVAILABLE = 46;
  int ERROR_NO_DEVICE = 100;
  int ERROR_NOT_READY = 600;

  int cuInit(int flags);

  int cuDriverGetVersion(IntByReference version);

  int cuDeviceGetCount(IntByReference count);

  int cuDeviceGet(IntByReference device, int ordinal);

  int cuDeviceGetName(byte[] name, int length, int device);

  int cuDeviceGetAttribute(IntByReference value, int attribute, int device);

  int cuDeviceTotalMem_v2(LongByReference bytes, int device);

  int cuDevicePrimaryCtxRetain(PointerByReference context, int device);

  int cuDevicePrimaryCtxRelease_v2(int device);

  int cuCtxSetCurrent(Pointer context);

  int cuMemGetInfo_v2(LongByReference free, LongByReference total);

  int cuMemAlloc_v2(LongByReference address, long bytes);

  int cuMemFree_v2(long address);

  int cuMemHostAlloc(PointerByReference memory, long bytes, int flags);

  int cuMemFreeHost(Pointer memory);

  int cuMemHostGetDevicePointer_v2(LongByReference address, Pointer memory, int flags);

  int cuMemcpyHtoDAsync_v2(long to, Pointer from, long bytes, Pointer stream);

  int cuMemcpyDtoHAsync_v2(Pointer to, long from, long bytes, Pointer stream);

  int cuMemcpyDtoDAsync_v2(long to, long from, long bytes, Pointer stream);

  /** Sets {@code count} words of 32 bits. */
  int cuMemsetD32Async(long to, int value, long count, Pointer stream);

  int cuStreamCreate(PointerByReference stream, int flags);

  int cuStreamDestroy_v2(Pointer stream);

  int cuStreamSynchronize(Pointer stream);

  int cuStreamQuery(Pointer stream);

  int cuStreamBeginCapture_v2(Pointer stream, int mode);

  int cuStreamEndCapture(Pointer stream, PointerByReference graph);

  int cuGraphInstantiateWithFlags(PointerByReference executable, Pointer graph, long flags);

  int cuGraphLaunch(Pointer executable, Pointer stream);

  int cuGraphExecDestroy(Pointer executable);

  int cuGraphDestroy(Pointer graph);

  int cuModuleLoadData(PointerByReference module, byte[] image);

  int cuModuleUnload(Pointer module);

  int cuModuleGetFunction(PointerByReference function, Pointer module, String name);

  int cuLaunchKernel(
      Pointer function,
      int gridX,
      int gridY,
      int gridZ,
      int blockX,
      int blockY,
      int blockZ,
      int sharedBytes,
      Pointer stream,
      Pointer arguments,
      Pointer extra);

  /** Sets an attribute of a kernel. */
  int cuFuncSetAttribute(Pointer function, int attribute, int value);

  /** How many blocks of a kernel a multiprocessor runs at once. */
  int cuOccupancyMaxActiveBlocksPerMultiprocessor(
      IntByReference blocks, Pointer function, int threads, long sharedBytes);

  /** Launches blocks that wait for each other: all run at once, or none. */
  int cuLaunchCooperativeKernel(
      Pointer function,
      int gridX,
      int gridY,
      int gridZ,
      int blockX,
      int blockY,
      int blockZ,
      int sharedBytes,
      Pointer stream,
      Pointer arguments);

  int cuGetErrorName(int error, PointerByReference name);

  int cuGetErrorString(int error, PointerByReference meaning);
}
