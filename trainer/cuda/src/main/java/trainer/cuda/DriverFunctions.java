package trainer.cuda;

import com.sun.jna.Library;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;

/**
 * The functions of the CUDA driver (libcuda) that the engine calls, as declared in cuda.h. Each
 * returns 0 or an error code. Device addresses are {@code long}; sizes are in bytes unless stated
 * otherwise.
 */
@SuppressWarnings("MemberName") // NVIDIA's names
public interface DriverFunctions extends Library {
  /** Attributes of a device. */
  int MULTIPROCESSORS = 16;

  int COMPUTE_CAPABILITY_MAJOR = 75;
  int COMPUTE_CAPABILITY_MINOR = 76;
  int COOPERATIVE_LAUNCH = 95;
  int SHARED_MEMORY_OF_BLOCK = 97;

  /** Kernel attribute: largest dynamic shared memory of a launch, bytes. */
  int MOST_SHARED_MEMORY = 8;

  /** Kernel attribute: whether a cluster may have more blocks than every GPU supports. */
  int LARGE_CLUSTERS = 14;

  /** Options of a module: a buffer for the messages of the driver's compiler, and its size. */
  int JIT_ERROR_LOG = 5;

  int JIT_ERROR_LOG_BYTES = 6;

  /** Host memory mapped into the GPU's address space. */
  int HOST_MEMORY_MAPPED = 2;

  /** A stream that does not synchronize with the default stream. */
  int STREAM_NON_BLOCKING = 1;

  /** An event without a time. */
  int EVENT_DISABLE_TIMING = 2;

  /** Other threads may make calls that are forbidden during capture. */
  int CAPTURE_THREAD_LOCAL = 1;

  int SUCCESS = 0;
  int ERROR_INVALID_VALUE = 1;
  int ERROR_OUT_OF_MEMORY = 2;
  int ERROR_DEVICE_UNAVAILABLE = 46;
  int ERROR_NO_DEVICE = 100;
  int ERROR_UNCORRECTABLE_MEMORY = 214;
  int ERROR_PEER_ACCESS_UNSUPPORTED = 217;
  int ERROR_NOT_READY = 600;
  int ERROR_ILLEGAL_ADDRESS = 700;
  int ERROR_LAUNCH_TIMEOUT = 702;
  int ERROR_PEER_ACCESS_ALREADY_ENABLED = 704;
  int ERROR_ASSERT = 710;
  int ERROR_TOO_MANY_PEERS = 711;

  /**
   * The first of the errors of a kernel's instructions; {@link #ERROR_LAUNCH_FAILED} is the last.
   */
  int ERROR_HARDWARE_STACK = 714;

  int ERROR_LAUNCH_FAILED = 719;
  int ERROR_INVALID_CLUSTER_SIZE = 912;
  int ERROR_UNKNOWN = 999;

  int cuInit(int flags);

  int cuDriverGetVersion(IntByReference version);

  int cuDeviceGetCount(IntByReference count);

  int cuDeviceGet(IntByReference device, int ordinal);

  int cuDeviceGetName(byte[] name, int length, int device);

  int cuDeviceGetAttribute(IntByReference value, int attribute, int device);

  int cuDeviceTotalMem_v2(LongByReference bytes, int device);

  int cuDeviceCanAccessPeer(IntByReference can, int device, int peer);

  int cuDevicePrimaryCtxRetain(PointerByReference context, int device);

  int cuDevicePrimaryCtxRelease_v2(int device);

  int cuCtxSetCurrent(Pointer context);

  /** Lets kernels of the current context use the memory of another. */
  int cuCtxEnablePeerAccess(Pointer peer, int flags);

  int cuMemGetInfo_v2(LongByReference free, LongByReference total);

  int cuMemAlloc_v2(LongByReference address, long bytes);

  int cuMemFree_v2(long address);

  int cuMemHostAlloc(PointerByReference memory, long bytes, int flags);

  int cuMemFreeHost(Pointer memory);

  int cuMemHostGetDevicePointer_v2(LongByReference address, Pointer memory, int flags);

  int cuMemcpyHtoDAsync_v2(long to, Pointer from, long bytes, Pointer stream);

  int cuMemcpyDtoHAsync_v2(Pointer to, long from, long bytes, Pointer stream);

  int cuMemcpyDtoDAsync_v2(long to, long from, long bytes, Pointer stream);

  /** Sets {@code count} 32-bit words. */
  int cuMemsetD32Async(long to, int value, long count, Pointer stream);

  int cuStreamCreate(PointerByReference stream, int flags);

  int cuStreamDestroy_v2(Pointer stream);

  int cuStreamQuery(Pointer stream);

  int cuEventCreate(PointerByReference event, int flags);

  int cuEventRecord(Pointer event, Pointer stream);

  /** Work submitted to the stream later waits for the event. */
  int cuStreamWaitEvent(Pointer stream, Pointer event, int flags);

  int cuEventDestroy_v2(Pointer event);

  int cuStreamBeginCapture_v2(Pointer stream, int mode);

  int cuStreamEndCapture(Pointer stream, PointerByReference graph);

  int cuGraphInstantiateWithFlags(PointerByReference executable, Pointer graph, long flags);

  int cuGraphLaunch(Pointer executable, Pointer stream);

  int cuGraphExecDestroy(Pointer executable);

  int cuGraphDestroy(Pointer graph);

  int cuModuleLoadDataEx(
      PointerByReference module, byte[] image, int count, int[] options, Pointer[] values);

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

  /** Occupancy: resident blocks of a kernel per multiprocessor. */
  int cuOccupancyMaxActiveBlocksPerMultiprocessor(
      IntByReference blocks, Pointer function, int threads, long sharedBytes);

  /**
   * Occupancy: resident thread-block clusters of a kernel. Since CUDA 11.8.
   *
   * @param launch CUlaunchConfig
   */
  int cuOccupancyMaxActiveClusters(IntByReference clusters, Pointer function, Pointer launch);

  /** Cooperative launch: all blocks are resident, or the launch fails. */
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
