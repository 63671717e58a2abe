package trainer.benchmark;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import trainer.benchmark.SideProcess.Program;
import trainer.benchmark.SideProcess.ThreadSetting;
import trainer.benchmark.Workload.Cell;

/**
 * Compares the speed of this program with libtorch and stock Deeplearning4j: {@code Comparison
 * MODULE_FOLDER [full|quick [WORDS_OF_TITLE]]}. With words, runs only contests whose title contains
 * them, such as {@code "GRU 2×256"}. Writes comparison.md and comparison.png to the target folder.
 */
public final class Comparison {
  private static final int VOCABULARY = 65;

  private final Path target;
  private final int cores = Runtime.getRuntime().availableProcessors();
  private final Program program;
  private final Program libtorch;
  private final Program stock;

  private Comparison(Path module) throws IOException {
    target = module.resolve("target");
    String classPath = System.getProperty("java.class.path");
    Path torch = module.resolve("libtorch").resolve("target");
    program = new Program("this program", CharacterTrainer.class.getName(), classPath);
    stock =
        new Program("Deeplearning4j 1.0.0-M2.1", StockDeeplearning4j.class.getName(), classPath);
    libtorch =
        new Program(
            "libtorch 2.7.1",
            "trainer.benchmark.Libtorch",
            torch.resolve("classes")
                + File.pathSeparator
                + Files.readString(torch.resolve("classpath")).trim());
  }

  /** Runs the contests. */
  public static void main(String[] arguments) throws IOException {
    boolean quick = arguments.length > 1 && arguments[1].equals("quick");
    String words = arguments.length > 2 ? arguments[2] : "";
    Contest.Effort effort = quick ? new Contest.Effort(3, 1000) : new Contest.Effort(9, 3000);
    new Comparison(Path.of(arguments[0])).run(effort, words);
  }

  private void run(Contest.Effort effort, String words) throws IOException {
    ThreadSetting own = new ThreadSetting(cores, 1);
    List<Contest.Result> results = new ArrayList<>();
    Report report = new Report(effort, own, target);
    for (Contest contest : contests()) {
      if (contest.title().contains(words)) {
        System.err.printf("%s: against %s%n", contest.title(), contest.opponent().title());
        Contest.Result result = contest.run(effort, own, target.resolve("contest"));
        System.err.printf("  %s times as fast%n", result.ratio());
        results.add(result);
        report.write(results);
      }
    }
    if (results.isEmpty()) {
      throw new IllegalArgumentException(
          "no contest has '%s' in its title; there are: %s"
              .formatted(words, contests().stream().map(Contest::title).toList()));
    }
    System.out.println(report.table(results));
  }

  private List<Contest> contests() {
    Workload graves = new Workload(Cell.GRAVES_LSTM, 2, 256, 64, 50, VOCABULARY, true);
    Workload uncarried = new Workload(Cell.GRAVES_LSTM, 2, 256, 64, 50, VOCABULARY, false);
    Workload lstm = new Workload(Cell.LSTM, 2, 256, 64, 50, VOCABULARY, true);
    List<ThreadSetting> own = List.of(new ThreadSetting(cores, 1));
    return List.of(
        againstLibtorch(lstm),
        againstLibtorch(new Workload(Cell.GRU, 2, 256, 64, 50, VOCABULARY, true)),
        new Contest(uncarried, program, uncarried, stock, settings()),
        new Contest(graves, program, lstm, program, own),
        againstLibtorch(new Workload(Cell.LSTM, 2, 512, 64, 64, VOCABULARY, true)),
        againstLibtorch(new Workload(Cell.GRU, 2, 512, 64, 64, VOCABULARY, true)),
        againstLibtorch(new Workload(Cell.LSTM, 2, 128, 50, 50, VOCABULARY, true)));
  }

  private Contest againstLibtorch(Workload workload) {
    return new Contest(workload, program, workload, libtorch, settings());
  }

  private List<ThreadSetting> settings() {
    int half = Math.max(1, cores / 2); // physical cores with two threads each
    return List.copyOf(
        new LinkedHashSet<>(
            List.of(
                new ThreadSetting(cores, 1),
                new ThreadSetting(cores, cores),
                new ThreadSetting(half, 1),
                new ThreadSetting(half, half),
                new ThreadSetting(1, cores),
                new ThreadSetting(1, 1))));
  }
}
