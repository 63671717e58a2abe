package trainer.service.database;

import trainer.file.ShellWord;

/** A text that a database cannot store; the message is complete. */
public final class UnstorableTextException extends RuntimeException {
  private static final long serialVersionUID = 1;
  private static final int SHOWN_CHARACTERS = 100;

  UnstorableTextException(String text) {
    super(
        "'%s' contains U+0000 or half of a surrogate pair, which cannot be stored: remove it"
            .formatted(ShellWord.shortened(Sql.storable(text), SHOWN_CHARACTERS)));
  }
}
