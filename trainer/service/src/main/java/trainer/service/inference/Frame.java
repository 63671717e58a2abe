package trainer.service.inference;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;

/**
 * A message between a service and its inference process: on the wire the call, the name of the
 * kind, the length of the content, and the content.
 *
 * @param call number of the request that it belongs to
 * @param content JSON of a record of this package, or a text
 */
@SuppressWarnings("ArrayRecordComponent") // it is written and read, and never compared
public record Frame(int call, Kind kind, byte[] content) {
  private static final int MOST_BYTES = 1 << 28;
  private static final JsonMapper JSON = new JsonMapper();

  /** What a message says. */
  public enum Kind {
    /** Request: a {@link GenerationRequest}. */
    GENERATE,
    /** Request: an {@link ExplanationRequest}. */
    EXPLAIN,
    /** Ends a call early; answered with {@link #END}. */
    STOP,

    /** A {@link GenerationStart}: the request is good, and text follows. */
    BEGUN,
    /** A {@link GenerationPiece}. */
    PIECE,
    /** Last: done; the content is the explanation, if one was asked for. */
    END,
    /** Last: the request is wrong; the content says why. */
    WRONG,
    /** Last: the model cannot be used; the content says why. */
    FAILED,
    /** Last: another try may succeed; the content says why not now. */
    BUSY;

    /** Whether it is the last of its call. */
    public boolean isLast() {
      return compareTo(END) >= 0;
    }
  }

  /** A message with a record as its content. */
  public static Frame of(int call, Kind kind, Record content) {
    try {
      return new Frame(call, kind, JSON.writeValueAsBytes(content));
    } catch (IOException e) {
      throw new UncheckedIOException("in memory", e);
    }
  }

  /** A message with a text, perhaps empty, as its content. */
  public static Frame of(int call, Kind kind, String content) {
    return new Frame(call, kind, content.getBytes(UTF_8));
  }

  /** The record in the content. */
  public <T> T as(Class<T> type) {
    try {
      return JSON.readValue(content, type);
    } catch (IOException e) {
      throw new UncheckedIOException("both sides are the same program", e);
    }
  }

  /** The text in the content. */
  public String text() {
    return new String(content, UTF_8);
  }

  /** Reads a message; null at the end. */
  public static Frame read(DataInputStream in) throws IOException {
    int call;
    try {
      call = in.readInt();
    } catch (EOFException e) {
      return null;
    }
    Kind kind = kind(in.readUTF());
    int length = in.readInt();
    if (length < 0 || length > MOST_BYTES) {
      throw new IOException("a message of " + length + " bytes");
    }
    byte[] content = in.readNBytes(length);
    if (content.length < length) {
      throw new EOFException();
    }
    return new Frame(call, kind, content);
  }

  private static Kind kind(String name) throws IOException {
    try {
      return Kind.valueOf(name);
    } catch (IllegalArgumentException e) {
      throw new IOException("not a message between a service and its inference process", e);
    }
  }

  /** Writes the message and flushes. */
  public void write(DataOutputStream out) throws IOException {
    out.writeInt(call);
    out.writeUTF(kind.name());
    out.writeInt(content.length);
    out.write(content);
    out.flush();
  }

  @Override
  public String toString() {
    return "%d %s %d bytes: %s"
        .formatted(
            call,
            kind,
            content.length,
            new String(Arrays.copyOf(content, Math.min(content.length, 200)), UTF_8));
  }
}
