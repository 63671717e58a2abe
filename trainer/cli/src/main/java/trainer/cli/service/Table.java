package trainer.cli.service;

import java.util.ArrayList;
import java.util.List;
import trainer.cli.console.Console;

/** A table on standard output, its columns as wide as their widest cell. */
final class Table {
  private final List<List<String>> rows = new ArrayList<>();

  /** With a row of headings, or none. */
  Table(String... headings) {
    if (headings.length > 0) {
      row(headings);
    }
  }

  void row(String... cells) {
    row(List.of(cells));
  }

  void row(List<String> cells) {
    rows.add(cells.stream().map(cell -> Console.printable(cell).replace('\n', ' ')).toList());
  }

  void print() {
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        int column = i;
        int width = rows.stream().mapToInt(other -> other.get(column).length()).max().orElse(0);
        line.append(row.get(i)).append(" ".repeat(width - row.get(i).length() + 2));
      }
      System.out.println(line.toString().stripTrailing());
    }
  }
}
