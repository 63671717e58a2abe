package trainer.text;

/** Whether the bytes of a file in another encoding could be a text in UTF-8. */
final class Utf8Evidence {
  private boolean valid = true;
  private int following; // bytes of a character that are still to come
  private long characters;

  void accept(byte[] bytes, int count) {
    for (int i = 0; i < count && valid; i++) {
      byte b = bytes[i];
      if (following > 0) {
        valid = (b & 0xC0) == 0x80;
        following--;
      } else if (b < 0) {
        following = (b & 0xE0) == 0xC0 ? 1 : (b & 0xF0) == 0xE0 ? 2 : (b & 0xF8) == 0xF0 ? 3 : 0;
        valid = following > 0;
        characters++;
      }
    }
  }

  /** Characters outside ASCII, if all bytes are UTF-8; otherwise 0. */
  long characters() {
    return valid && following == 0 ? characters : 0;
  }
}
