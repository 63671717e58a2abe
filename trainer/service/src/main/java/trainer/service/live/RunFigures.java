package trainer.service.live;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import trainer.run.Metrics;
import trainer.run.MetricsRow;
import trainer.run.RunDirectory;

/**
 * Computes the figures of a run from its files, as they grow: each row is read once. Thread-safe.
 */
public final class RunFigures {
  private static final int LATEST = 2 * Metrics.SPEED_ROWS; // rows
  private static final int SKETCHED = 32; // validation losses at most, half of them at least

  private final RunDirectory directory;
  private final GrowingFile metrics;
  private final GrowingFile events;
  private long iterations; // planned last; 0: as the first event says
  private List<MetricsRow> latest = new ArrayList<>();
  private final List<Double> sketch = new ArrayList<>();
  private int evaluations;
  private int stride; // every how many evaluations are sketched
  private Double validationLoss;
  private MetricsRow best;

  public RunFigures(RunDirectory directory) {
    this.directory = directory;
    this.metrics = new GrowingFile(directory.metrics());
    this.events = new GrowingFile(directory.events());
    clear();
  }

  /** The figures of the files as they are now; empty before the first row, or if they fail. */
  public Optional<RunProgress> now() {
    try {
      return read();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The same; files that fail are no figures. */
  synchronized Optional<RunProgress> read() throws IOException {
    for (GrowingFile.Added added = metrics.read(); added.isNew(); added = metrics.read()) {
      if (added.replaced()) {
        clear();
      }
      MetricsText.rows(added.text()).forEach(this::add);
    }
    return latest.isEmpty() ? Optional.empty() : Optional.of(progress(start()));
  }

  private RunStart start() throws IOException {
    for (GrowingFile.Added added = events.read(); added.isNew(); added = events.read()) {
      iterations = added.replaced() ? 0 : iterations;
      added
          .text()
          .lines()
          .forEach(
              line -> {
                long planned = RunStart.iterations(line);
                iterations = planned > 0 ? planned : iterations;
              });
    }
    RunStart start = RunStart.read(directory.events());
    return iterations > 0 ? start.withIterations(iterations) : start;
  }

  private void clear() {
    latest.clear();
    sketch.clear();
    evaluations = 0;
    stride = 1;
    validationLoss = null;
    best = null;
  }

  private void add(MetricsRow row) {
    latest.add(row);
    if (latest.size() == 2 * LATEST) {
      latest = new ArrayList<>(latest.subList(LATEST, 2 * LATEST));
    }
    Double loss = row.validationLoss();
    if (loss == null) {
      return;
    }
    validationLoss = loss;
    if (Double.isFinite(loss)) {
      best = best == null || loss < best.validationLoss() ? row : best;
      sketch(loss);
    }
  }

  private void sketch(double loss) {
    if (evaluations++ % stride == 0) {
      if (sketch.size() == SKETCHED) {
        List<Double> half = new ArrayList<>();
        for (int i = 0; i < SKETCHED; i += 2) {
          half.add(sketch.get(i));
        }
        sketch.clear();
        sketch.addAll(half);
        stride *= 2;
      }
      sketch.add(loss);
    }
  }

  private RunProgress progress(RunStart start) {
    MetricsRow last = latest.get(latest.size() - 1);
    double speed = Metrics.speed(latest);
    return new RunProgress(
        last,
        validationLoss,
        best == null ? null : best.validationLoss(),
        best == null ? 0 : best.iteration(),
        Double.isNaN(speed) ? null : speed,
        secondsPerIteration(last),
        List.copyOf(sketch),
        start);
  }

  /** Over the latest rows, without the start-up of the first; of a single row, all there is. */
  private double secondsPerIteration(MetricsRow last) {
    MetricsRow first = latest.get(Math.max(0, latest.size() - LATEST));
    return latest.size() == 1
        ? last.seconds() / last.iteration()
        : (last.seconds() - first.seconds()) / (last.iteration() - first.iteration());
  }
}
