package trainer.benchmark;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import trainer.benchmark.SideProcess.ThreadSetting;

/** The results as a Markdown table and a picture. */
final class Report {
  private final Contest.Effort effort;
  private final ThreadSetting own;
  private final Path folder;
  private final double loadBefore =
      ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();

  Report(Contest.Effort effort, ThreadSetting own, Path folder) {
    this.effort = effort;
    this.own = own;
    this.folder = folder;
  }

  /** Writes comparison.md and comparison.png. */
  void write(List<Contest.Result> results) throws IOException {
    Files.writeString(folder.resolve("comparison.md"), table(results));
    new Picture(results).write(folder.resolve("comparison.png"));
  }

  String table(List<Contest.Result> results) {
    StringBuilder text = new StringBuilder(512);
    text.append(
        "| network | compared with | ms per step | characters/s | times as fast (range) | GFLOP/s | peak MiB | losses agree to |\n");
    text.append("|---|---|---|---|---|---|---|---|\n");
    results.forEach(result -> text.append(row(result)));
    text.append('\n').append(machine()).append('\n');
    text.append(
        """
        Forward, backward, clipping and Adam, from characters to updated weights; V = 65. Each cell has this program's
        figure, then the other's: medians of %d alternating rounds with a turn of about %.0f s per side. Ratios are
        computed per round. GFLOP/s count the matrix products of a step. Losses are those of the first 5 steps from
        the same parameters on the same text. Threads:
        """
            .formatted(effort.rounds(), effort.milliseconds() / 1000));
    text.append("this program ").append(own.count());
    for (Contest.Result result : results) {
      text.append("; ")
          .append(result.contest().opponent().title())
          .append(" for ")
          .append(result.contest().opponents().network())
          .append(' ')
          .append(result.setting());
    }
    return text.append(", each the fastest of those tried.\n").toString();
  }

  private static String row(Contest.Result result) {
    Contest contest = result.contest();
    double own = result.own().milliseconds().median();
    double theirs = result.opponents().milliseconds().median();
    boolean sameNetwork = contest.workload().equals(contest.opponents());
    return String.format(
        Locale.ROOT,
        "| %s | %s | %.0f / %.0f | %,.0f / %,.0f | **%.2f** (%.2f–%.2f) | %.0f / %.0f | %.0f / %.0f | %s |%n",
        contest.title(),
        contest.opponent().title() + (sameNetwork ? "" : ", " + contest.opponents().network()),
        own,
        theirs,
        contest.workload().characters() / own * 1000,
        contest.opponents().characters() / theirs * 1000,
        result.ratio().median(),
        result.ratio().lowest(),
        result.ratio().highest(),
        contest.workload().operations() / own / 1e6,
        contest.opponents().operations() / theirs / 1e6,
        result.own().memory(),
        result.opponents().memory(),
        sameNetwork ? String.format(Locale.ROOT, "%.0e", result.difference()) : "other network");
  }

  private String machine() {
    return String.format(
        Locale.ROOT,
        "%s, %d processors, %s %s, Java %s; load average %.1f before, %.1f after.",
        processor(),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.name"),
        System.getProperty("os.version"),
        System.getProperty("java.version"),
        loadBefore,
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  private static String processor() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).trim())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch"); // not Linux
    }
  }
}
