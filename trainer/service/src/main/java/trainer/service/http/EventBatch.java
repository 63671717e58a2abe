package trainer.service.http;

import java.nio.ByteBuffer;
import trainer.service.live.LiveRun;

/**
 * Events that are new after one cursor. Subscribers at the same cursor share the buffer.
 *
 * @param bytes serialized events, empty if there are none
 * @param cursor position after them
 */
record EventBatch(ByteBuffer bytes, Cursor cursor) {

  /**
   * A position in the stream of one run.
   *
   * @param attempt that was sent
   * @param state the run as JSON, as last sent
   * @param position in the records of the attempt
   */
  record Cursor(int attempt, String state, LiveRun.Position position) {

    static final Cursor START = new Cursor(-1, "", LiveRun.Position.START);
  }
}
