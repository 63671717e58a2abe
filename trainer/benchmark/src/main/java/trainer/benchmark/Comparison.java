package trainer.benchmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import trainer.benchmark.SideProcess.Allocator;
import trainer.benchmark.SideProcess.Program;
import trainer.benchmark.SideProcess.ThreadSetting;
import trainer.benchmark.Workload.Cell;
import trainer.engine.cpu.CpuLibrary;

/**
 * Compares the speed of this program with PyTorch from pip, libtorch and stock Deeplearning4j:
 * {@code Comparison MODULE_FOLDER [full|quick [WORDS_OF_TITLE]]}. With words, runs only contests
 * whose title contains them, such as {@code "GRU 2×256"}. Without a Python that has PyTorch
 * (property {@code python}), its contests are left out. Writes comparison.md and comparison.png to
 * the target folder.
 */
public final class Comparison {
  private static final int VOCABULARY = 65;

  private final Path target;
  private final int cores = Runtime.getRuntime().availableProcessors();
  private final Program program;
  private final Program libtorch;
  private final Program stock;
  private final Program pytorch; // null: not installed

  private Comparison(Path module) throws IOException {
    target = module.resolve("target");
    String classPath = System.getProperty("java.class.path");
    Path torch = module.resolve("libtorch").resolve("target");
    program = Program.java("this program", CharacterTrainer.class.getName(), classPath);
    stock =
        Program.java("Deeplearning4j 1.0.0-M2.1", StockDeeplearning4j.class.getName(), classPath);
    libtorch =
        Program.java(
            "libtorch 2.7.1",
            "trainer.benchmark.Libtorch",
            torch.resolve("classes")
                + File.pathSeparator
                + Files.readString(torch.resolve("classpath")).trim());
    pytorch = pytorch(module);
  }

  private static Program pytorch(Path module) throws IOException {
    String python = System.getProperty("python");
    Process process =
        new ProcessBuilder(python, "-c", "import torch; print(torch.__version__)")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String version = new String(process.getInputStream().readAllBytes(), UTF_8).trim();
    if (version.isEmpty()) {
      System.err.printf(
          "no PyTorch: '%s' does not have it (pip install torch; -Dbenchmark.python=FILE)%n", python);
      return null;
    }
    return new Program(
        "PyTorch " + version.replaceFirst("\\+.*", ""),
        List.of(python, module.resolve("pytorch.py").toString()));
  }

  /** Runs the contests. */
  public static void main(String[] arguments) throws IOException {
    boolean quick = arguments.length > 1 && arguments[1].equals("quick");
    String words = arguments.length > 2 ? arguments[2] : "";
    Contest.Effort effort = quick ? new Contest.Effort(3, 1000) : new Contest.Effort(9, 3000);
    new Comparison(Path.of(arguments[0])).run(effort, words);
  }

  private void run(Contest.Effort effort, String words) throws IOException {
    ThreadSetting own = new ThreadSetting(cores, 1, Allocator.AS_IT_COMES);
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
    List<Contest> contests = new ArrayList<>();
    for (boolean bfloat16 : CpuLibrary.ofThisMachine().bfloat16() ? new boolean[] {false, true} : new boolean[] {false}) {
      for (Cell cell : new Cell[] {Cell.LSTM, Cell.GRU}) {
        for (int size : new int[] {128, 256, 512}) {
          Workload workload = workload(cell, size, true, bfloat16);
          if (pytorch != null) {
            contests.add(new Contest(workload, program, workload, pytorch, settings()));
          }
          if (!bfloat16) {
            contests.add(new Contest(workload, program, workload, libtorch, settings()));
          }
        }
      }
      Workload graves = workload(Cell.GRAVES_LSTM, 256, true, bfloat16);
      Workload lstm = workload(Cell.LSTM, 256, true, bfloat16);
      List<ThreadSetting> own = List.of(new ThreadSetting(cores, 1, Allocator.AS_IT_COMES));
      contests.add(new Contest(graves, program, lstm, program, own));
    }
    Workload uncarried = workload(Cell.GRAVES_LSTM, 256, false, false);
    contests.add(new Contest(uncarried, program, uncarried, stock, settings()));
    return contests;
  }

  private static Workload workload(Cell cell, int size, boolean carried, boolean bfloat16) {
    return new Workload(cell, 2, size, 64, 50, VOCABULARY, carried, bfloat16);
  }

  private List<ThreadSetting> settings() {
    int half = Math.max(1, cores / 2); // physical cores with two threads each
    List<ThreadSetting> settings = new ArrayList<>();
    for (Allocator allocator : Allocator.values()) {
      settings.add(new ThreadSetting(cores, 1, allocator));
      settings.add(new ThreadSetting(cores, cores, allocator));
      settings.add(new ThreadSetting(half, 1, allocator));
      settings.add(new ThreadSetting(half, half, allocator));
      settings.add(new ThreadSetting(1, cores, allocator));
      settings.add(new ThreadSetting(1, 1, allocator));
    }
    return List.copyOf(new LinkedHashSet<>(settings));
  }
}
