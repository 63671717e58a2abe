package trainer.service.runs;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/**
 * What people say about a run.
 *
 * @param tags words, without spaces
 * @param note text, empty: none
 * @param archived whether lists leave it out
 */
public record Labels(List<String> tags, String note, boolean archived) {
  /** Of a new run. */
  public static final Labels NONE = new Labels(List.of(), "", false);

  /** Regular expression of a tag. */
  public static final String TAG_FORM = "[A-Za-z0-9_][A-Za-z0-9._-]{0,39}";

  /** Maximum number of tags. */
  public static final int MOST_TAGS = 20;

  /** Maximum length of a note. */
  public static final int MOST_NOTE_CHARACTERS = 2000;

  public Labels {
    tags = List.copyOf(tags);
  }

  static Labels of(ResultSet row) throws SQLException {
    String tags = row.getString("tags");
    return new Labels(
        tags.isEmpty() ? List.of() : List.of(tags.split(" ")),
        row.getString("note"),
        row.getBoolean("archived"));
  }
}
