package trainer.file;

/** Text as one word of a shell's command, so that a printed command can be pasted. */
public final class ShellWord {
  private ShellWord() {}

  /** Quotes a text for a POSIX shell, if it needs that. */
  public static String of(Object text) {
    String word = text.toString();
    return word.matches("[\\p{L}\\p{N}_@%+=:,./-]+")
        ? word
        : "'" + word.replace("'", "'\\''") + "'";
  }
}
