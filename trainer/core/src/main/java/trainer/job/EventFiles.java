package trainer.job;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.nd4j.shade.protobuf.ByteString;
import org.nd4j.shade.protobuf.InvalidProtocolBufferException;
import org.nd4j.shade.protobuf.UnknownFieldSet;
import org.nd4j.shade.protobuf.UnknownFieldSet.Field;
import org.tensorflow.framework.Summary;
import trainer.file.AppendedFile;
import trainer.file.FileException;

/**
 * The event files of one folder, in TensorFlow's TFRecord format: length (8 bytes, little-endian),
 * its checksum, the event, its checksum. An event is a message with fields 1 (time, s since 1970),
 * 2 (step), 3 (version of the file), 5 (summary) and 7 (start of a session); those of a run that
 * resumes go to another file, whose first event tells a TensorBoard that shows later steps to drop
 * them.
 */
final class EventFiles implements AutoCloseable {
  private static final String NAME = "events.out.tfevents.";
  private static final Pattern SECOND = Pattern.compile(Pattern.quote(NAME) + "(\\d{10})\\.");
  private static final int HEADER = Long.BYTES + Integer.BYTES;

  private static final int TIME = 1;
  private static final int STEP = 2;
  private static final int VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SESSION = 7;
  private static final int STATUS = 1; // of a session
  private static final int START = 1;

  private final AppendedFile file;
  private final Clock clock;
  private final boolean resumed;

  private EventFiles(AppendedFile file, Clock clock, boolean resumed) {
    this.file = file;
    this.clock = clock;
    this.resumed = resumed;
  }

  /**
   * Starts a file, after cutting those that are there back.
   *
   * @param iteration the last one whose events are kept
   * @throws FileException if a file cannot be read or written
   */
  static EventFiles open(Path folder, int iteration, Clock clock) {
    List<Path> earlier = files(folder);
    for (Path file : earlier) {
      AppendedFile.requireRegular(file);
      try {
        AppendedFile.reopen(file, end(file, iteration)).close();
      } catch (IOException e) {
        throw FileException.of(file, "cannot be read", e, "move it away");
      }
    }
    // TensorBoard reads the files in the order of their names, also if the clock was set back.
    long second = Math.max(clock.instant().getEpochSecond(), newest(earlier));
    String name = String.format(Locale.ROOT, "%s%010d.trainer.%04d", NAME, second, earlier.size());
    EventFiles files =
        new EventFiles(AppendedFile.open(folder.resolve(name), 0), clock, !earlier.isEmpty());
    files.append(files.seconds(), 0, VERSION, message(ByteString.copyFromUtf8("brain.Event:2")));
    if (files.resumed) {
      UnknownFieldSet start = UnknownFieldSet.newBuilder().addField(STATUS, varint(START)).build();
      files.append(files.seconds(), iteration + 1L, SESSION, message(start.toByteString()));
    }
    return files;
  }

  /** The time in the names of files, s since 1970; 0 without one. */
  private static long newest(List<Path> files) {
    return files.stream()
        .map(file -> SECOND.matcher(file.getFileName().toString()))
        .filter(Matcher::lookingAt)
        .mapToLong(name -> Long.parseLong(name.group(1)))
        .max()
        .orElse(0);
  }

  /** In the order of their names. */
  static List<Path> files(Path folder) {
    try (var files = Files.list(folder)) {
      return files.filter(file -> file.getFileName().toString().startsWith(NAME)).sorted().toList();
    } catch (IOException e) {
      throw FileException.of(folder, "cannot be listed", e, "check that it is readable");
    }
  }

  /** Whether there were files before. */
  boolean isResumed() {
    return resumed;
  }

  void append(long step, Summary.Builder summary) {
    append(seconds(), step, summary);
  }

  /**
   * Appends what happened at another time.
   *
   * @param time seconds since 1970
   */
  void append(double time, long step, Summary.Builder summary) {
    append(time, step, SUMMARY, message(summary.build().toByteString()));
  }

  private double seconds() {
    return clock.millis() / 1e3;
  }

  private void append(double time, long step, int what, Field content) {
    UnknownFieldSet event =
        UnknownFieldSet.newBuilder()
            .addField(TIME, Field.newBuilder().addFixed64(Double.doubleToRawLongBits(time)).build())
            .addField(STEP, varint(step))
            .addField(what, content)
            .build();
    byte[] bytes = event.toByteArray();
    ByteBuffer record =
        ByteBuffer.allocate(HEADER + bytes.length + Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(bytes.length);
    record.putInt(checksum(record.array(), Long.BYTES));
    record.put(bytes).putInt(checksum(bytes, bytes.length));
    file.append(record.array());
  }

  /** End of the last whole record up to the first of a later iteration. */
  private static long end(Path file, int iteration) throws IOException {
    long size = Files.size(file);
    long end = 0;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      for (byte[] event = next(in, size); event != null; event = next(in, size - end)) {
        if (step(event) > iteration) {
          return end;
        }
        end += HEADER + event.length + Integer.BYTES;
      }
    }
    return end;
  }

  /**
   * The next event; null at the end of the file, and where it is damaged.
   *
   * @param left bytes of the file
   */
  static byte[] next(InputStream in, long left) throws IOException {
    DataInputStream data = new DataInputStream(in);
    try {
      byte[] header = data.readNBytes(HEADER);
      if (header.length < HEADER) {
        return null;
      }
      ByteBuffer numbers = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
      long length = numbers.getLong();
      if (numbers.getInt() != checksum(header, Long.BYTES) || length < 0 || length > left) {
        return null;
      }
      byte[] event = new byte[Math.toIntExact(length)];
      data.readFully(event);
      return Integer.reverseBytes(data.readInt()) == checksum(event, event.length) ? event : null;
    } catch (EOFException e) {
      return null;
    }
  }

  private static long step(byte[] event) throws InvalidProtocolBufferException {
    List<Long> steps = UnknownFieldSet.parseFrom(event).getField(STEP).getVarintList();
    return steps.isEmpty() ? 0 : steps.get(0);
  }

  /** CRC-32C, masked as TFRecord does, since a checksum of checksums is weak. */
  private static int checksum(byte[] bytes, int length) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes, 0, length);
    return Integer.rotateRight((int) checksum.getValue(), 15) + 0xa282ead8;
  }

  private static Field varint(long value) {
    return Field.newBuilder().addVarint(value).build();
  }

  private static Field message(ByteString content) {
    return Field.newBuilder().addLengthDelimited(content).build();
  }

  @Override
  public void close() {
    file.close();
  }
}
