package trainer.text;

import java.nio.file.Path;

/** Ends a file with a line end if it lacks one and another follows. */
final class SeparatorFilter implements CodePointSink {
  private static final int[] LINE_END = {'\n'};

  private final CodePointSink sink;
  private int last = '\n';
  private boolean another;

  SeparatorFilter(CodePointSink sink) {
    this.sink = sink;
  }

  /** Whether another file follows the one that is about to end. */
  void another(boolean follows) {
    another = follows;
  }

  @Override
  public void start(Path file) {
    last = '\n'; // an empty file adds nothing
    sink.start(file);
  }

  @Override
  public void accept(int[] codePoints, int count) {
    if (count > 0) {
      last = codePoints[count - 1];
    }
    sink.accept(codePoints, count);
  }

  @Override
  public void finish() {
    if (another && last != '\n' && last != '\r') {
      sink.accept(LINE_END, 1);
    }
    sink.finish();
  }
}
