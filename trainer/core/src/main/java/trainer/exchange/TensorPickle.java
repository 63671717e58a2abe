package trainer.exchange;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import trainer.run.DamagedException;

/**
 * Reads a pickle of {@code torch.save} without running it: a pickle is a program that may call any
 * function of Python, and this reader knows only those that make tensors and dictionaries. It needs
 * memory in proportion to the pickle.
 *
 * <p>Its values are maps, lists, strings, numbers, booleans, {@link #NONE} and {@link View}s.
 */
final class TensorPickle {
  /** Python's {@code None}. */
  static final Object NONE = Optional.empty();

  private static final String DICTIONARY = "collections.OrderedDict";
  private static final String TENSOR = "torch._utils._rebuild_tensor_v2";
  private static final String PARAMETER = "torch._utils._rebuild_parameter";
  private static final String STORAGE = "torch.";
  private static final Set<String> FUNCTIONS = Set.of(DICTIONARY, TENSOR, PARAMETER);

  private final ByteBuffer bytes;
  private final List<Object> stack = new ArrayList<>();
  private final Deque<Integer> marks = new ArrayDeque<>();
  private final Map<Long, Object> memo = new HashMap<>();

  /** Numbers in an entry of the zip. */
  record Storage(String type, String key, long numbers) {}

  /** A tensor: part of a storage. Lengths and strides are not checked. */
  record View(Storage storage, long offset, long[] shape, long[] strides) {}

  private record Name(String text) {}

  private TensorPickle(byte[] pickle) {
    bytes = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * The value of a pickle.
   *
   * @throws DamagedException if it is damaged, or does anything but describe tensors
   */
  static Object read(byte[] pickle) throws DamagedException {
    try {
      return new TensorPickle(pickle).value();
    } catch (BufferUnderflowException
        | ClassCastException
        | IllegalArgumentException
        | IndexOutOfBoundsException
        | NoSuchElementException e) {
      throw new DamagedException("its pickle is damaged");
    }
  }

  private Object value() throws DamagedException {
    while (true) {
      int code = next();
      switch (code) {
        case 0x80 -> next(); // PROTO
        case 0x95 -> bytes.getLong(); // FRAME
        case '.' -> {
          return pop();
        }
        case '(' -> marks.push(stack.size());
        case 'N' -> stack.add(NONE);
        case 0x88 -> stack.add(true);
        case 0x89 -> stack.add(false);
        case 'K' -> stack.add((long) next());
        case 'M' -> stack.add((long) Short.toUnsignedInt(bytes.getShort()));
        case 'J' -> stack.add((long) bytes.getInt());
        case 0x8a -> stack.add(integer(next()));
        case 'G' -> stack.add(bytes.order(ByteOrder.BIG_ENDIAN).getDouble());
        case 'X' -> stack.add(text(bytes.getInt()));
        case 0x8c -> stack.add(text(next()));
        case '}' -> stack.add(new LinkedHashMap<>());
        case ']', ')' -> stack.add(new ArrayList<>()); // a list or an empty tuple
        case 't' -> tuple(marked());
        case 0x85 -> tuple(last(1));
        case 0x86 -> tuple(last(2));
        case 0x87 -> tuple(last(3));
        case 'a' -> append(last(1));
        case 'e' -> append(marked());
        case 's' -> put(last(2));
        case 'u' -> put(marked());
        case 'q' -> memo.put((long) next(), top());
        case 'r' -> memo.put(Integer.toUnsignedLong(bytes.getInt()), top());
        case 0x94 -> memo.put((long) memo.size(), top());
        case 'h' -> stack.add(recalled(next()));
        case 'j' -> stack.add(recalled(Integer.toUnsignedLong(bytes.getInt())));
        case 'c' -> stack.add(name(line(), line()));
        case 0x93 -> {
          List<Object> parts = last(2);
          stack.add(name((String) parts.get(0), (String) parts.get(1)));
        }
        case 'Q' -> stack.add(storage(list(pop())));
        case 'R' -> {
          List<Object> arguments = list(pop());
          stack.add(call((Name) pop(), arguments));
        }
        case 'b' -> build(pop()); // attributes of a dictionary, such as the versions of modules
        default ->
            throw new DamagedException(
                "its pickle has an instruction that tensors do not need (0x%02x)".formatted(code));
      }
      bytes.order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  private int next() {
    return Byte.toUnsignedInt(bytes.get());
  }

  private long integer(int length) throws DamagedException {
    if (length > Long.BYTES) {
      throw new DamagedException("its pickle has an integer of %d bytes".formatted(length));
    }
    long value = 0;
    for (int i = 0; i < length; i++) {
      int part = i == length - 1 ? bytes.get() : next(); // two's complement
      value |= (long) part << (8 * i);
    }
    return value;
  }

  private String text(int length) {
    if (length < 0 || length > bytes.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] text = new byte[length];
    bytes.get(text);
    return new String(text, StandardCharsets.UTF_8);
  }

  private String line() {
    int start = bytes.position();
    while (next() != '\n') {}
    return new String(bytes.array(), start, bytes.position() - 1 - start, StandardCharsets.UTF_8);
  }

  private Object top() {
    return stack.get(stack.size() - 1);
  }

  private Object pop() {
    return stack.remove(stack.size() - 1);
  }

  private List<Object> last(int count) {
    return from(stack.size() - count);
  }

  private List<Object> marked() {
    return from(marks.pop());
  }

  private List<Object> from(int start) {
    List<Object> values = stack.subList(start, stack.size());
    List<Object> copy = new ArrayList<>(values);
    values.clear();
    return copy;
  }

  private void tuple(List<Object> values) {
    stack.add(values);
  }

  @SuppressWarnings("unchecked") // every list and map on the stack is of objects
  private static List<Object> list(Object value) {
    return (List<Object>) value;
  }

  private void append(List<Object> values) {
    list(top()).addAll(values);
  }

  @SuppressWarnings("unchecked")
  private void put(List<Object> keysAndValues) throws DamagedException {
    Map<Object, Object> map = (Map<Object, Object>) top();
    for (int i = 0; i < keysAndValues.size(); i += 2) {
      Object key = keysAndValues.get(i);
      if (!(key instanceof String || key instanceof Long)) {
        throw new DamagedException("its pickle has a key that is neither a name nor a number");
      }
      map.put(key, keysAndValues.get(i + 1));
    }
  }

  private Object recalled(long index) {
    Object value = memo.get(index);
    if (value == null) {
      throw new NoSuchElementException();
    }
    return value;
  }

  private static Name name(String module, String member) throws DamagedException {
    String name = module + "." + member;
    if (!FUNCTIONS.contains(name) && !(module.equals("torch") && member.endsWith("Storage"))) {
      throw new DamagedException(
          "it names Python's %s, which is neither a tensor nor a dictionary, and may run anything: save the weights alone, with torch.save(model.state_dict(), FILE)"
              .formatted(Names.of(name)));
    }
    return new Name(name);
  }

  private static Storage storage(List<Object> identity) {
    // ('storage', type, key, device, numbers)
    return new Storage(
        ((Name) identity.get(1)).text().substring(STORAGE.length()),
        (String) identity.get(2),
        (Long) identity.get(4));
  }

  private static Object call(Name function, List<Object> arguments) throws DamagedException {
    switch (function.text()) {
      case DICTIONARY -> {
        if (arguments.isEmpty()) {
          return new LinkedHashMap<>();
        }
      }
      case TENSOR -> {
        return new View(
            (Storage) arguments.get(0),
            (Long) arguments.get(1),
            numbers(arguments.get(2)),
            numbers(arguments.get(3)));
      }
      case PARAMETER -> {
        return arguments.get(0);
      }
      default -> {}
    }
    throw new DamagedException("its pickle calls %s".formatted(Names.of(function.text())));
  }

  private static long[] numbers(Object tuple) {
    return list(tuple).stream().mapToLong(Long.class::cast).toArray();
  }

  private void build(Object attributes) throws DamagedException {
    if (!(attributes instanceof Map && top() instanceof Map)) {
      throw new DamagedException("its pickle sets the state of an object");
    }
  }
}
