package trainer.service.live;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.run.MetricsRow;
import trainer.run.RunDirectory;
import trainer.run.SamplesFile;
import trainer.run.SamplesFile.Sample;
import trainer.service.live.GrowingFile.Added;

/**
 * What an attempt at a run has recorded so far, followed as it grows. Lists only grow, unless the
 * attempt goes back to a checkpoint: then they begin again, and the {@link Position#generation}
 * counts. Safe for several threads.
 */
public final class LiveRun {
  private static final Logger LOG = LoggerFactory.getLogger(LiveRun.class);
  private static final int LOG_LINES = 1000;
  private static final int SAMPLES = 1000;
  private static final int MANY_CHARACTERS = 1 << 19;

  private final GrowingFile metricsFile;
  private final GrowingFile samplesFile;
  private final GrowingFile logFile;
  private final List<MetricsRow> metrics = new ArrayList<>();
  private final List<Sample> samples = new ArrayList<>();
  private final List<String> log = new ArrayList<>();
  private volatile int rows;
  private String pendingSamples = "";
  private int generation;
  private long samplesDropped;
  private long logDropped;

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
  public record News(
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
    // A long file comes in pieces; a curve is shown whole or not at all.
    Added added = metricsFile.read();
    while (added.replaced() || !added.text().isEmpty()) {
      addMetrics(added);
      added = metricsFile.read();
    }
  }

  private void addMetrics(Added added) {
    if (added.replaced()) {
      generation++;
      metrics.clear();
      samples.clear();
      samplesDropped = 0;
      pendingSamples = "";
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
    Added added = samplesFile.read();
    if (added.replaced()) {
      samples.clear();
      samplesDropped = 0;
      pendingSamples = "";
      generation++;
    }
    String text = pendingSamples + added.text();
    int end = 0;
    for (Sample sample = SamplesFile.next(text, end);
        sample != null;
        sample = SamplesFile.next(text, end)) {
      samples.add(sample);
      end = sample.end();
    }
    pendingSamples = text.substring(end);
    samplesDropped += dropOld(samples, SAMPLES);
  }

  private void readLog() throws IOException {
    logFile.read().text().lines().forEach(log::add);
    logDropped += dropOld(log, LOG_LINES);
  }

  private static int dropOld(List<?> list, int most) {
    int drop = Math.max(0, list.size() - most);
    list.subList(0, drop).clear();
    return drop;
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
    return List.copyOf(samples);
  }

  /** The newest lines that the process printed. */
  public synchronized List<String> log() {
    return List.copyOf(log);
  }

  /** What is new to somebody who has followed it to a position. */
  public synchronized News since(Position position) {
    boolean restarted = position.generation() != generation;
    int row = restarted ? 0 : Math.min(position.metrics(), metrics.size());
    long sample = restarted ? 0 : position.samples();
    return new News(
        restarted,
        List.copyOf(metrics.subList(row, metrics.size())),
        after(samples, samplesDropped, sample),
        after(log, logDropped, position.log()),
        new Position(
            generation, metrics.size(), samplesDropped + samples.size(), logDropped + log.size()));
  }

  private static <T> List<T> after(List<T> list, long dropped, long seen) {
    long start = Math.max(0, seen - dropped);
    return start >= list.size()
        ? Collections.emptyList()
        : List.copyOf(list.subList((int) start, list.size()));
  }
}
