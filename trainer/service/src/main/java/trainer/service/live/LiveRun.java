package trainer.service.live;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.run.MetricsRow;
import trainer.run.RunDirectory;
import trainer.run.SampleReader;
import trainer.run.SampleReader.Sample;
import trainer.service.live.GrowingFile.Added;

/**
 * What an attempt at a run has recorded so far, followed as it grows. Lists only grow, unless the
 * attempt goes back to a checkpoint: then they begin again, and the {@link Position#generation}
 * counts. Safe for several threads.
 */
public final class LiveRun {
  private static final Logger LOG = LoggerFactory.getLogger(LiveRun.class);
  private static final int MANY_CHARACTERS = 1 << 19;

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
   * How far somebody has followed a run.
   *
   * @param generation of the metrics and samples
   * @param metrics rows seen
   * @param samples samples seen
   * @param log lines seen
   */
  public record Position(int generation, int metrics, long samples, long log) {
    /** Before everything. */
    public static final Position START = new Position(0, 0, 0, 0);
  }

  /**
   * What somebody has not seen yet.
   *
   * @param restarted whether rows and samples seen before do not stand any more
   * @param position after these
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

  /** Reads what was added to the files. */
  synchronized void update() {
    try {
      readMetrics();
      readSamples();
      readLog();
    } catch (IOException e) {
      LOG.warn("a run cannot be followed: {}", e.toString());
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
      beginSamplesAgain();
      // Samples are cut at the same time, and may have grown past their old length since.
      samplesFile.again();
    }
    Stream<String> lines = added.text().lines();
    if (added.text().length() > MANY_CHARACTERS) {
      lines = lines.parallel();
    }
    metrics.addAll(lines.<MetricsRow>mapMulti(LiveRun::read).toList());
    rows = metrics.size();
  }

  private static void read(String line, Consumer<MetricsRow> rows) {
    if (!line.equals(MetricsRow.HEADER)) {
      try {
        rows.accept(MetricsRow.parse(line));
      } catch (NumberFormatException e) {
        LOG.warn("metrics.csv: not a row: {}", e.getMessage());
      }
    }
  }

  private void readSamples() throws IOException {
    for (Added added = samplesFile.read(); added.isNew(); added = samplesFile.read()) {
      if (added.replaced()) {
        beginSamplesAgain();
        generation++;
      }
      sampleReader.read(added.text()).forEach(sample -> samples.add(shown(sample)));
    }
  }

  private void beginSamplesAgain() {
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

  /** The text of a sample that was cut says so. */
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
    return "… (the first %,d of %,d characters)"
        .formatted(Newest.MOST_CHARACTERS_OF_ONE, characters);
  }

  /** How many rows there are; does not wait for those that are being read. */
  int rows() {
    return rows;
  }

  /** All rows so far. */
  public synchronized List<MetricsRow> metrics() {
    return List.copyOf(metrics);
  }

  /** The newest samples. */
  public synchronized List<Sample> samples() {
    return samples.all();
  }

  /** The newest lines that the process printed. */
  public synchronized List<String> log() {
    return log.all();
  }

  /** What is new to somebody who has followed it to a position. */
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
