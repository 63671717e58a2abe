package trainer.config;

import java.util.List;

/** What text to train on and how it is read. */
public record Data(
    List<String> corpus,
    String url,
    String sha256,
    Normalization normalize,
    Newlines newlines,
    String vocabulary,
    UnknownCharacters unknown,
    List<Double> split) {

  /** Unicode normalization of the corpus. */
  public enum Normalization {
    NONE,
    NFC
  }

  /** What becomes of CR LF and CR. */
  public enum Newlines {
    LF,
    KEEP
  }

  /** What becomes of characters outside a vocabulary that is kept. */
  public enum UnknownCharacters {
    ERROR,
    REPLACE
  }
}
