package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs on texts in other encodings than UTF-8, and on files that are joined. */
@Tag("slow")
final class EncodedTextsTest {
  private static final Charset CYRILLIC = Charset.forName("windows-1251");

  @TempDir private Path folder;
  private Path run;

  @BeforeEach
  void write() {
    SmallJob.write(folder);
    run = folder.resolve("run");
  }

  private Path text(String name, String text, Charset encoding) throws IOException {
    return Files.write(folder.resolve(name), text.getBytes(encoding));
  }

  private InProcess train(Path output, int iterations, String... settings) {
    String[] command = {
      folder.resolve(SmallJob.FILE).toString(),
      "--output=" + output,
      "--set=training.max_iterations=" + iterations,
      "--set=checkpoints.every_iterations=4",
      "--set=evaluation.every_iterations=4"
    };
    return InProcess.run(SmallJob.with(command, settings));
  }

  private static void assertDone(InProcess result) {
    assertThat(result.exitCode()).as(result.err()).isZero();
  }

  @Test
  void theEncodingBelongsToTheRunAndToItsEvaluation() throws IOException {
    String text = "Съешь ещё этих мягких булок.\n".repeat(400);
    Path cyrillic = text("corpus.txt", text, CYRILLIC);
    InProcess refused = train(run, 4);
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err()).contains(":1: byte 0: not UTF-8: 0xD1; set data.encoding");

    assertDone(train(run, 4, "--set=data.encoding=cp1251"));
    assertThat(run.resolve("config.yml")).content().contains("encoding: windows-1251");
    InProcess other = train(run, 8, "--set=data.encoding=KOI8-R");
    assertThat(other.exitCode()).isEqualTo(2);
    assertThat(other.err()).contains("data.encoding: windows-1251 -> KOI8-R");
    assertDone(train(run, 8, "--set=data.encoding=windows-1251"));

    String sample = sample("--prompt=Съешь");
    assertThat(sample).startsWith("Съешь");
    Path prompt = text("prompt.txt", "Съешь", CYRILLIC);
    assertThat(sample("--prompt-file=" + prompt)).isEqualTo(sample);
    text("prompt.txt", "Съешь", StandardCharsets.UTF_8);
    assertThat(sample("--prompt-file=" + prompt, "--encoding=UTF-8")).isEqualTo(sample);

    Path same = text("same.txt", text.substring(0, 3000), CYRILLIC);
    Path unicode = text("unicode.txt", text.substring(0, 3000), StandardCharsets.UTF_8);
    assertThat(evaluate(unicode, "--encoding=UTF-8")).isEqualTo(evaluate(same));
    assertThat(cyrillic).exists();
  }

  private String sample(String... prompt) {
    String[] command = {"sample", run.toString(), "--length=20", "--seed=1"};
    InProcess result = InProcess.run(SmallJob.with(command, prompt));
    assertDone(result);
    return result.out();
  }

  private String evaluate(Path text, String... more) {
    String[] command = {"evaluate", run.toString(), "--corpus=" + text, "--json"};
    InProcess result = InProcess.run(SmallJob.with(command, more));
    assertDone(result);
    return result.out().replaceAll("\"(text|sha256)\":\"[^\"]*\"", ""); // of other bytes
  }

  @Test
  void aRunGoesOnWithTheSeparatorThatItHad() throws IOException {
    text("1.txt", SmallJob.text(9_000, 1).strip(), StandardCharsets.UTF_8);
    text("2.txt", SmallJob.text(9_000, 2).strip(), StandardCharsets.UTF_8);
    String corpus = "--set=data.corpus=" + folder + "/?.txt";
    Path whole = folder.resolve("whole");
    assertDone(train(whole, 8, corpus, "--set=data.separator=none"));
    assertDone(train(run, 4, corpus, "--set=data.separator=none"));

    InProcess changed = train(run, 8, corpus, "--set=data.separator=line");
    assertThat(changed.exitCode()).isEqualTo(2);
    assertThat(changed.err()).contains("data.separator: none -> line");
    assertDone(train(run, 8, corpus)); // says nothing

    assertThat(RunContents.entries(run.resolve("model.zip")).get("coefficients.bin"))
        .isEqualTo(RunContents.entries(whole.resolve("model.zip")).get("coefficients.bin"));
    Path joined = folder.resolve("joined");
    InProcess line = train(joined, 4, corpus);
    assertDone(line);
    assertThat(line.err()).contains("corpus    " + folder + "/1.txt, 2.txt: ");
    assertThat(joined.resolve("config.yml")).content().contains("separator: line");
  }
}
