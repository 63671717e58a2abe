package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A line end or a control character in a name shows as an escape sequence in every message: no name
 * looks like another line of the program.
 */
final class NamesInMessagesTest {
  private static final String EVIL = "x\nerror: y\u001bc";

  @TempDir private static Path temporary;
  private static Path folder;

  @BeforeAll
  static void train() throws IOException {
    folder = Files.createDirectory(temporary.resolve(EVIL));
    SmallJob.write(folder, 3_000);
    Files.write(
        folder.resolve(EVIL + "latin"), "\u00e9t\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
    Files.write(folder.resolve(EVIL + "zero"), new byte[] {'a', 'b', 0, '\n'});
    Files.write(folder.resolve(EVIL + "gz"), new byte[] {0x1F, (byte) 0x8B, 8, 0});
    Files.createFile(folder.resolve(EVIL + "empty"));
    Files.writeString(folder.resolve(EVIL + ".yml"), "data: {corpsu: a}\n");
    Files.createDirectory(folder.resolve("none"));
    InProcess trained = run("job.yml", "--output=@/run", "--set=training.max_iterations=2");
    assertThat(trained.exitCode()).as(trained.err()).isZero();
    Files.copy(folder.resolve("run/config.yml"), folder.resolve("none/config.yml"));
    Files.writeString(folder.resolve("run.txt"), "no run");
  }

  /** {@code @} is the folder. */
  private static InProcess run(String... words) {
    List<String> arguments = new ArrayList<>();
    for (String word : words) {
      arguments.add(
          word.equals("job.yml")
              ? folder.resolve(word).toString()
              : word.replace("@", folder.toString()));
    }
    return InProcess.run(arguments.toArray(String[]::new));
  }

  static List<List<String>> commands() {
    String[] corpora = {"latin", "zero", "gz", "empty", "missing", "*", "dir/*", "[*"};
    List<List<String>> commands = new ArrayList<>();
    for (String corpus : corpora) {
      commands.add(List.of("evaluate", "@/run", "--corpus=@/" + EVIL + corpus));
      String quoted = ("@/" + EVIL + corpus).replace("\n", "\\n").replace("\u001b", "\\e");
      commands.add(
          List.of("train", "job.yml", "--output=@/new", "--set=data.corpus=\"" + quoted + "\""));
    }
    commands.addAll(
        List.of(
            List.of("evaluate", "@/run"),
            List.of("evaluate", "@/run", "--corpus=@/corpus.txt"),
            List.of("evaluate", "@/run", "--split=test"),
            List.of("evaluate", "@/none"),
            List.of("sample", "@/run", "--length=1"),
            List.of("sample", "@/run", "--prompt-file=@/none/prompt"),
            List.of("sample", "@/run.txt"),
            List.of("sample", "@/missing"),
            List.of("sample", "@"),
            List.of("export", "@/run", "--format=csv", "--output=@/x.csv"),
            List.of("export", "@/run", "--format=csv", "--output=@/missing/x.csv"),
            List.of("config", "@/" + EVIL + ".yml"),
            List.of("config", "@/missing.yml"),
            List.of("config", "job.yml", "--set=" + EVIL + "=1"),
            List.of("config", "job.yml", "--set=name=" + EVIL),
            List.of("plan", "@/missing.yml"),
            List.of("train", "job.yml", "--output=@/run", "--set=training.max_iterations=2"),
            List.of("train", "job.yml", "--output=@/run", "--set=seed=8"),
            List.of("train", "job.yml", "--output=@", "--set=training.max_iterations=1"),
            List.of("train", "job.yml", "--output=@/missing", "--resume=required"),
            List.of("train", "job.yml", "--output=@/new", "--init-from=@/missing"),
            List.of("train", "job.yml", "--output=@/new", "--set=data.vocabulary=@/missing"),
            List.of("train", "job.yml", "--" + EVIL),
            List.of("fetch", "@/missing.yml"),
            List.of(EVIL)));
    return commands;
  }

  @ParameterizedTest
  @MethodSource("commands")
  void noNameMakesALine(List<String> command) {
    InProcess result = run(command.toArray(String[]::new));
    List<String> lines =
        result.err().concat(command.get(0).equals("sample") ? "" : result.out()).lines().toList();
    assertThat(lines).as("%s", result).isNotEmpty();
    assertThat(lines).as("%s", result).noneMatch(line -> line.startsWith("error: y"));
    assertThat(result.err()).doesNotContain("^[c");
  }
}
