package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.cli.TrainerProcess.Result;

/** Exit codes and messages for invalid command lines and invalid or missing inputs. */
@Tag("slow")
final class CommandLineTest {
  @TempDir private static Path temporary;
  private static Path folder;
  private static Commands commands;

  @BeforeAll
  static void write() throws IOException {
    folder = Files.createDirectory(temporary.resolve("work"));
    SmallJob.write(folder);
    Files.createDirectory(folder.resolve("empty"));
    Files.write(folder.resolve("latin1.txt"), new byte[] {'a', (byte) 0xE9, '\n'});
    Files.writeString(folder.resolve("broken.yml"), "data: {corpus: [a\n");
    Files.writeString(
        folder.resolve("wrong.yml"),
        """
        data: {corpus: corpus.txt}
        model: {layers: [{type: lstm, sise: 8}]}
        training: {epochs: -1}
        """);
    commands = new Commands(folder);
    Result trained = commands.run(SmallJob.FILE, "--set=training.max_iterations=2");
    assertThat(trained.exitCode()).as(trained.err()).isZero();
  }

  @AfterAll
  static void end() {
    commands.close();
  }

  private static void assertFails(String message, String... arguments) {
    Result result = commands.run(arguments);
    assertThat(result.error()).isEqualTo("error: " + message);
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).doesNotContain("\tat ").doesNotContain("\033");
  }

  @Test
  void withoutArgumentsItPrintsTheUsage() {
    Result result = TrainerProcess.run(folder);

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .startsWith("Usage: trainer ")
        .contains("`trainer CONFIG` is short for `trainer train CONFIG`")
        .contains("  train ")
        .contains("  sample ")
        .contains("  evaluate ")
        .contains("  bench ")
        .contains("  config ")
        .contains("  fetch ")
        .contains("  export ");
  }

  @Test
  void helpAndVersionAreResults() {
    Result help = commands.run("sample", "--help");
    assertThat(help.exitCode()).isZero();
    assertThat(help.out()).startsWith("Usage: trainer sample ").contains("--temperature=X");
    assertThat(help.err()).isEmpty();

    Result version = commands.run("--version");
    assertThat(version.exitCode()).isZero();
    assertThat(version.out()).matches("trainer \\S+, commit .+, Deeplearning4j 1\\.0\\.0-M2\\.1\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          tain                              | Unmatched argument at index 0: 'tain' ⏎ did you mean 'train'? ⏎ usage: see trainer --help
          exprot models/small               | Unmatched arguments from index 0: 'exprot', 'models/small' ⏎ did you mean 'export'? ⏎ usage: see trainer --help
          sample models/small --lenght=5    | Unknown option: '--lenght=5' ⏎ did you mean '--length'? ⏎ usage: see trainer sample --help
          jub.yml                           | jub.yml: no such file; did you mean 'job.yml'?
          ./wrogn.yml                       | ./wrogn.yml: no such file; did you mean './wrong.yml'?
          train                             | Missing required parameter: 'CONFIG' ⏎ usage: see trainer train --help
          missing.yml                       | missing.yml: no such file
          empty/                            | empty: is a folder, not a YAML file
          sample                            | Missing required parameter: 'RUN' ⏎ usage: see trainer sample --help
          sample nowhere                    | nowhere: no such run directory or checkpoint: check the path, or train the run first
          sample models/smal                | models/smal: no such run directory or checkpoint: its runs are models/small
          sample empty                      | empty: is not a run directory (no config.yml, no checkpoint): train one first
          sample models                     | models: is not a run directory (no config.yml, no checkpoint): name one of its runs: models/small
          sample corpus.txt                 | corpus.txt: not a usable checkpoint: it is not a whole zip file (its end is missing): there is no other checkpoint: restore it from a copy, or train again
          sample models/small --temperature -1 | --temperature -1.0: must be 0 (the most probable character) or more ⏎ usage: see trainer sample --help
          sample models/small --temperature x | Invalid value for option '--temperature': must be a number, not 'x' ⏎ usage: see trainer sample --help
          sample models/small --length 1e3 | Invalid value for option '--length': must be a whole number of at most 2147483647, not '1e3' ⏎ usage: see trainer sample --help
          sample models/small --seed 9223372036854775808 | Invalid value for option '--seed': must be a whole number of at most 9223372036854775807, not '9223372036854775808' ⏎ usage: see trainer sample --help
          sample models/small --top-p 1.5   | --top-p 1.5: must be greater than 0 and at most 1 ⏎ usage: see trainer sample --help
          sample models/small --top-k -1    | --top-k -1: must be 0 (all characters) or more ⏎ usage: see trainer sample --help
          sample models/small --length -1   | --length -1: must be 0 or more ⏎ usage: see trainer sample --help
          sample models/small --prompt xß   | --prompt: character 1 of the text, 'x' (U+0078), is not in the vocabulary of 29 characters: \\n ,.;NTabcdefghilmnopqrstuvwy; leave it out
          sample models/small --prime xß    | --prompt: character 1 of the text, 'x' (U+0078), is not in the vocabulary of 29 characters: \\n ,.;NTabcdefghilmnopqrstuvwy; leave it out
          export models/small --format keras --output a | Invalid value for option '--format': must be one of dl4j, safetensors, pytorch, onnx, csv, not 'keras' ⏎ usage: see trainer export --help
          sample models/small --prompt a\\nb | --prompt: character 2 of the text, '\\' (U+005C), is not in the vocabulary of 29 characters: \\n ,.;NTabcdefghilmnopqrstuvwy; for a newline, write $'a\\nb' in the shell, or use --prompt-file or --prompt -
          sample models/small --prompt a --prompt-file b | --prompt and --prompt-file exclude each other: give one ⏎ usage: see trainer sample --help
          sample models/small --prompt-file b | --prompt-file b: cannot be read: no such file or directory
          sample models/small --prompt-file latin1.txt | --prompt-file latin1.txt: byte 1: not UTF-8: 0xE9: add --encoding NAME with its encoding, such as windows-1252
          bench job.yml --compare GPU       | Invalid value for option '--compare': must be one of auto, cpu, cuda, nd4j, not 'GPU' ⏎ usage: see trainer bench --help
          bench job.yml --iterations 0      | --iterations 0: must be at least 1 ⏎ usage: see trainer bench --help
          """)
  void failsWithAMessage(String arguments, String message) {
    assertFails(message.replace(" ⏎ ", "\n"), arguments.split(" +"));
  }

  @Test
  void aPromptIsTypedOrReadFromAFileOrStandardInput() throws IOException {
    String[] sample = {"sample", "models/small", "--length=20", "--seed=1"};
    String typed = commands.run(SmallJob.with(sample, "--prompt=the sea")).out();
    assertThat(typed).startsWith("the sea");
    Files.writeString(folder.resolve("prompt.txt"), "\uFEFFthe sea");
    assertThat(commands.run(SmallJob.with(sample, "--prompt-file=prompt.txt")).out())
        .isEqualTo(typed);
    Files.writeString(folder.resolve("crlf.txt"), "no\r\nsea");
    assertThat(commands.run(SmallJob.with(sample, "--prompt-file=crlf.txt")).out())
        .startsWith("no\nsea");
    try (TrainerProcess reading =
        TrainerProcess.start(folder, SmallJob.with(sample, "--prompt", "-"))) {
      assertThat(reading.write("the sea").endInput().end().out()).isEqualTo(typed);
    }
  }

  @Test
  void aBackslashInAPromptIsReadAsSuchWithAHint() throws IOException {
    Files.writeString(folder.resolve("code.txt"), "printf(\"a\\n\");\n".repeat(300));
    Result trained =
        commands.run(
            SmallJob.FILE,
            "--output=../code",
            "--set=data.corpus=code.txt",
            "--set=samples.prime='a\\n'",
            "--set=training.max_iterations=2");
    assertThat(trained.exitCode()).as(trained.err()).isZero();
    assertThat(trained.err()).contains("samples.prime: has a backslash and an n;");
    Result sample = commands.run("sample", "../code", "--prompt=a\\n");
    assertThat(sample.out()).startsWith("a\\n");
    assertThat(sample.err())
        .contains("--prompt: has a backslash and an n, which are read as such; for a newline");
    Result newline = commands.run("sample", "../code", "--prompt=a\n");
    assertThat(newline.err()).doesNotContain("backslash");
  }

  @Test
  void atTemperatureZeroTheSeedDoesNotMatter() {
    String[] sample = {"sample", "models/small", "--length=20", "--temperature=0"};
    assertThat(commands.run(SmallJob.with(sample, "--seed=1")).out())
        .isEqualTo(commands.run(SmallJob.with(sample, "--seed=2")).out())
        .hasSize(21);
  }

  @Test
  void theCommandAtTheEndCanBePasted() throws IOException {
    Result trained =
        commands.run(
            SmallJob.FILE, "--set=training.max_iterations=1", "--output=../my run's\n$(x)");
    assertThat(trained.exitCode()).as(trained.err()).isZero();
    String last = trained.err().lines().reduce("", (before, line) -> line);
    assertThat(last).startsWith("generate text: java -jar trainer.jar sample $'../my run");
    assertThat(trained.err()).contains("loss curve: $'../my run\\'s\\u000a$(x)/loss.png'");
    Process shell =
        new ProcessBuilder("bash", "-c", "printf '[%s]' " + last.replaceFirst(".*sample ", ""))
            .start();
    assertThat(new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .isEqualTo("[../my run's\n$(x)]");
  }

  @Test
  void helpBreaksNoPlaceholder() {
    Result help = commands.run("sample", "--help");
    assertThat(help.out()).contains(" registry:NAME[@VERSION] ").doesNotContain("\uFEFF");
    assertThat(commands.run("promote", "--help").out()).contains(" MODEL[@VERSION]\n");
    assertThat(commands.run("bench", "--help").out()).doesNotContain("ND4J");
  }

  @Test
  void missingCorpusIsNamed() {
    assertFails(
        folder.resolve("nothing.txt") + ": no such file; check the path",
        SmallJob.FILE,
        "--set=data.corpus=nothing.txt",
        "--output",
        "a");
  }

  @Test
  void corpusThatCannotBeDownloadedIsNamedWithItsSource() {
    Result result =
        commands.run(
            SmallJob.FILE,
            "--set=data.corpus=nothing.txt",
            "--set=data.url=http://127.0.0.1:1/nothing.txt",
            "--set=data.sha256='%s'".formatted("0".repeat(64)),
            "--output",
            "b");

    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.error())
        .isEqualTo(
            ("error: no network: 127.0.0.1 cannot be reached; put the file at %s by hand; its"
                    + " SHA-256 must be %s")
                .formatted(folder.resolve("nothing.txt"), "0".repeat(64)));
    assertThat(result.err()).doesNotContain("\tat ");
  }

  @Test
  void everyErrorOfAConfigurationIsNamedAtOnce() {
    assertFails(
        """
        wrong.yml:2: model.layers[0].sise: unknown key; did you mean 'size'?
        wrong.yml:3: training.epochs: must be at least 1, not -1\
        """,
        "wrong.yml");
  }

  @Test
  void brokenYamlIsNamedByLine() {
    Result result = commands.run("config", "broken.yml");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.error()).startsWith("error: broken.yml:");
  }

  @Test
  void promptOfTheTrainingSamplesIsCheckedBeforeTraining() {
    assertFails(
        "samples.prime: character 5 of the text, 'ö' (U+00F6), is not in the vocabulary of 29"
            + " characters: \\n"
            + " ,.;NTabcdefghilmnopqrstuvwy",
        SmallJob.FILE,
        "--set=samples.prime='the ö'",
        "--output",
        "c");
  }

  @Test
  void stackTraceIsPrintedOnRequestOnly() {
    Result result = commands.run("--stacktrace", "sample", "nowhere");

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err())
        .startsWith("error: nowhere: no such run directory")
        .contains("trainer.run.RunException")
        .contains("\tat trainer.");
  }

  @Test
  void optionsMayComeBeforeTheConfiguration() {
    Result result =
        commands.run(
            "--stacktrace",
            "--output=other/d",
            "--resume",
            "never",
            SmallJob.FILE,
            "--set=training.max_iterations=1");
    assertThat(result.exitCode()).as(result.err()).isZero();
  }

  @Test
  void textIsUtf8WhateverTheLocale() throws IOException {
    Files.writeString(
        folder.resolve("accents.yml"), "{name: a, data: {corpus: b.txt}, samples: {prime: 'é'}}");
    Result result =
        TrainerProcess.run(
            folder,
            List.of("-Duser.language=tr", "-Dfile.encoding=US-ASCII"),
            "config",
            "accents.yml");

    assertThat(result.exitCode()).as(result.err()).isZero();
    assertThat(result.out()).contains("prime: \"é\"");
  }
}
