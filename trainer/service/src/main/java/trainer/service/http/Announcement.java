package trainer.service.http;

import java.nio.ByteBuffer;
import trainer.service.live.LiveRun;

/**
 * What somebody who watches a run is to be told now.
 *
 * @param bytes events of the stream, the same buffer for all who are told the same; empty where
 *     nothing is new
 * @param told what they have been told then
 */
record Announcement(ByteBuffer bytes, Told told) {

  /**
   * What somebody has been told of a run.
   *
   * @param attempt that it was of
   * @param state the run as JSON
   * @param position in the records of the attempt
   */
  record Told(int attempt, String state, LiveRun.Position position) {
    static final Told NOTHING = new Told(-1, "", LiveRun.Position.START);
  }
}
