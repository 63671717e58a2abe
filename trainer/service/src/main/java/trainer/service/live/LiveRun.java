package trainer.service.live;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.run.MetricsRow;
import trainer.run.RunDirectory;
import trainer.run.SampleReader;
import trainer.run.SampleReader.Sample;
import trainer.service.live.GrowingFile.Added;

/**
 * The records of an attempt, read as they grow. If the attempt rolls back to a checkpoint, metrics
 * and samples restart and {@link Position#generation} increases. Thread-safe.
 */
public final class LiveRun {
  private static final Logger LOG = LoggerFactory.getLogger(LiveRun.class);

  private final GrowingFile metricsFile;
  private final GrowingFile samplesFile;
  private final GrowingFile logFile;
  private final List<MetricsRow> metrics = new ArrayList<>();
  private final Newest<Sample> samples = new Newest<>(sample -> sample.text().length());
  private final Newest<String> log = new Newest<>(String::length);
  private volatile int rows;
  private SampleReader sampleReader = newReader();
  private int generation;

  /**
   * A position in the records.
   *
   * @param generation of metrics and samples
   * @param metrics number of rows
   * @param samples number of samples
   * @param log number of lines
   */
  public record Position(int generation, int metrics, long samples, long log) {
    /** The beginning. */
    public static final Position START = new Position(0, 0, 0, 0);
  }

  /**
   * Records after a position.
   *
   * @param restarted whether earlier rows and samples are void
   * @param position after these records
   */
  public record Delta(
      boolean restarted,
      List<MetricsRow> metrics,
      List<Sample> samples,
      List<String> log,
      Position position) {}

  LiveRun(RunDirectory directory, Path log) {
    metricsFile = new GrowingFile(directory.metrics());
    samplesFile = new GrowingFile(directory.samples());
    logFile = new GrowingFile(log);
  }

  /** Reads new content of the files. */
  synchronized void update() {
    try {
      readMetrics();
      readSamples();
      readLog();
    } catch (IOException e) {
      LOG.warn("the records of a run cannot be read, retrying: {}", e.toString());
    }
  }

  private void readMetrics() throws IOException {
    for (Added added = metricsFile.read(); added.isNew(); added = metricsFile.read()) {
      addMetrics(added);
    }
  }

  private void addMetrics(Added added) {
    if (added.replaced()) {
      generation++;
      metrics.clear();
      restartSamples();
      // The samples were truncated too, and may already exceed their old length.
      samplesFile.restart();
    }
    metrics.addAll(MetricsText.rows(added.text()));
    rows = metrics.size();
  }

  private void readSamples() throws IOException {
    for (Added added = samplesFile.read(); added.isNew(); added = samplesFile.read()) {
      if (added.replaced()) {
        restartSamples();
        generation++;
      }
      sampleReader.read(added.text()).forEach(sample -> samples.add(shown(sample)));
    }
  }

  private void restartSamples() {
    samples.clear();
    sampleReader = newReader();
  }

  private static SampleReader newReader() {
    return new SampleReader(Newest.MOST_CHARACTERS_OF_ONE);
  }

  private void readLog() throws IOException {
    for (Added added = logFile.read(); added.isNew(); added = logFile.read()) {
      added.text().lines().forEach(line -> log.add(shown(line)));
    }
  }

  /** Marks a truncated sample. */
  private static Sample shown(Sample sample) {
    return sample.characters() <= Newest.MOST_CHARACTERS_OF_ONE
        ? sample
        : new Sample(
            sample.iteration(),
            sample.temperature(),
            sample.characters(),
            sample.text() + cut(sample.characters()),
            sample.end());
  }

  private static String shown(String line) {
    if (line.length() <= Newest.MOST_CHARACTERS_OF_ONE) {
      return line;
    }
    int end = Newest.MOST_CHARACTERS_OF_ONE;
    int whole = Character.isHighSurrogate(line.charAt(end - 1)) ? end - 1 : end;
    return line.substring(0, whole) + cut(line.length());
  }

  private static String cut(int characters) {
    return String.format(
        Locale.ROOT,
        "… (the first %,d of %,d characters)",
        Newest.MOST_CHARACTERS_OF_ONE,
        characters);
  }

  /** Number of rows; does not wait for an update. */
  int rows() {
    return rows;
  }

  public synchronized List<MetricsRow> metrics() {
    return List.copyOf(metrics);
  }

  public synchronized List<Sample> samples() {
    return samples.all();
  }

  /** The newest lines of output. */
  public synchronized List<String> log() {
    return log.all();
  }

  /** Records after a position. */
  public synchronized Delta since(Position position) {
    boolean restarted = position.generation() != generation;
    int row = restarted ? 0 : Math.min(position.metrics(), metrics.size());
    long sample = restarted ? 0 : position.samples();
    return new Delta(
        restarted,
        List.copyOf(metrics.subList(row, metrics.size())),
        samples.after(sample),
        log.after(position.log()),
        new Position(generation, metrics.size(), samples.count(), log.count()));
  }
}
