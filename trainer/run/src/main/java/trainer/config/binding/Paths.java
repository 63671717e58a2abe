package trainer.config.binding;

/** Paths of keys, such as {@code model.layers[0].size}. */
final class Paths {
  private Paths() {}

  static String join(String path, String key) {
    return path.isEmpty() ? key : key.startsWith("[") ? path + key : path + "." + key;
  }

  static String element(String path, int index) {
    return path + "[" + index + "]";
  }

  static boolean isWithin(String path, String ancestor) {
    return ancestor.isEmpty()
        || path.equals(ancestor)
        || path.startsWith(ancestor + ".")
        || path.startsWith(ancestor + "[");
  }
}
