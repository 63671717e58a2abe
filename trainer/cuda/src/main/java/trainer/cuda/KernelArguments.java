package trainer.cuda;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.Arrays;
import java.util.List;

/** A kernel's arguments in native memory. Must be reachable until the launch. */
final class KernelArguments {
  private final Memory values;
  private final Memory pointers;
  private long end;

  /**
   * @param arguments Long, Integer, Float, or a List of these for a C struct
   */
  KernelArguments(Object... arguments) {
    long fields =
        Arrays.stream(arguments).mapToLong(a -> a instanceof List<?> l ? l.size() : 1).sum();
    values = new Memory(fields * Long.BYTES);
    values.clear(); // the padding of structs, too: the same bytes for the same arguments
    pointers = new Memory((long) arguments.length * Native.POINTER_SIZE);
    for (int i = 0; i < arguments.length; i++) {
      align(Long.BYTES);
      pointers.setPointer((long) i * Native.POINTER_SIZE, values.share(end));
      if (arguments[i] instanceof List<?> structure) {
        structure.forEach(this::write);
      } else {
        write(arguments[i]);
      }
    }
  }

  /** Address of the array of pointers to the arguments. */
  Pointer pointers() {
    return pointers;
  }

  private void write(Object field) {
    if (field instanceof Long address) {
      align(Long.BYTES);
      values.setLong(end, address);
      end += Long.BYTES;
    } else if (field instanceof Integer number) {
      values.setInt(end, number);
      end += Integer.BYTES;
    } else if (field instanceof Float number) {
      values.setFloat(end, number);
      end += Float.BYTES;
    } else {
      throw new IllegalArgumentException("not a kernel argument: " + field);
    }
  }

  private void align(int bytes) {
    end = (end + bytes - 1) / bytes * bytes;
  }
}
