package trainer.text;

import java.nio.file.Path;

/** Turns CR LF and a lone CR into LF. */
final class NewlineFilter implements CodePointSink {
  private final CodePointSink sink;
  private int[] block = new int[0];
  private boolean afterReturn; // the last character was CR, passed on as LF

  NewlineFilter(CodePointSink sink) {
    this.sink = sink;
  }

  @Override
  public void start(Path file) {
    afterReturn = false;
    sink.start(file);
  }

  @Override
  public void accept(int[] codePoints, int count) {
    if (block.length < count) {
      block = new int[count];
    }
    int kept = 0;
    for (int i = 0; i < count; i++) {
      int codePoint = codePoints[i];
      if (codePoint == '\r') {
        block[kept++] = '\n';
      } else if (codePoint != '\n' || !afterReturn) {
        block[kept++] = codePoint;
      }
      afterReturn = codePoint == '\r';
    }
    sink.accept(block, kept);
  }

  @Override
  public void finish() {
    sink.finish();
  }
}
