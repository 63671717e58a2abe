package trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import trainer.file.ByteProgress;
import trainer.text.TextException;
import trainer.text.Texts;

final class DatasetTest {
  private static final Path DATASETS = Path.of("../../datasets");
  private static final String DESCRIPTOR =
      """
      name: x
      file: x.txt
      url: https://example.org/x.txt
      bytes: 10
      sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF
      licence: public domain
      source: someone
      description: something
      """;

  @TempDir Path directory;

  @Test
  void theProjectsDatasetsAreDescribed() {
    assertThat(Dataset.names(DATASETS)).containsExactly("shakespeare", "tinyshakespeare");
    Dataset tiny = Dataset.named("tinyshakespeare", DATASETS);
    assertThat(tiny.url().getScheme()).isEqualTo("https");
    assertThat(tiny.bytes()).isEqualTo(1_115_394);
    assertThat(tiny.sha256())
        .isEqualTo("86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed");
    assertThat(tiny.file())
        .isEqualTo(DATASETS.toAbsolutePath().normalize().resolve("tinyshakespeare.txt"));
  }

  @Test
  void theShippedTextIsAsDescribed() throws IOException {
    Dataset sonnets = Dataset.named("shakespeare", DATASETS);
    assertThat(sonnets.url()).isNull();
    assertThat(Files.size(sonnets.file())).isEqualTo(sonnets.bytes());
    assertThat(DatasetDownload.fetch(sonnets, () -> false, ByteProgress.none())).isFalse();
  }

  @Test
  void theReadmeListsEveryDatasetWithSizeAndHash() throws IOException {
    String readme = Files.readString(DATASETS.resolve("README.md"));
    for (String name : Dataset.names(DATASETS)) {
      Dataset dataset = Dataset.named(name, DATASETS);
      assertThat(readme)
          .contains(
              "| %s | ".formatted(name), String.format(Locale.ROOT, "| %,d |", dataset.bytes()))
          .contains(dataset.sha256() + "  " + dataset.file().getFileName());
    }
  }

  @Test
  void anUnknownNameListsTheAvailableOnes() {
    assertThatThrownBy(() -> Dataset.named("enwik8", DATASETS))
        .isInstanceOf(TextException.class)
        .hasMessage(
            "no dataset 'enwik8' in ../../datasets; available: shakespeare, tinyshakespeare");
    assertThatThrownBy(() -> Dataset.named("../configs/x", DATASETS))
        .hasMessageStartingWith("no dataset '../configs/x' in ../../datasets");
    assertThatThrownBy(() -> Dataset.named("x", directory.resolve("none")))
        .hasMessage(
            "no dataset 'x': there is no folder '%s' here: start in the folder that has it, or name a"
                    .formatted(directory.resolve("none"))
                + " configuration with data.url");
  }

  @Test
  void aDescriptorIsReadNextToItsFile() {
    Dataset dataset = Dataset.read(Texts.write(directory, "x.yml", DESCRIPTOR));
    assertThat(dataset)
        .isEqualTo(
            new Dataset(
                "x",
                directory.resolve("x.txt"),
                URI.create("https://example.org/x.txt"),
                10,
                "0123456789abcdef".repeat(4),
                "public domain",
                "someone",
                "something"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
      bytes: 10    | bytes: ten       | : bytes: expected a whole number above 0, not ten
      bytes: 10    | bytes: 0         | : bytes: expected a whole number above 0, not 0
      bytes: 10    | bytes: 1.5       | : bytes: expected a whole number above 0, not 1.5
      bytes: 10    | size: 10         | : unknown key 'size'; 'bytes' is missing
      name: x      | name: 3          | : name: expected text, not 3
      name: x      | name: [x         | :2: not YAML: expected ',' or ']', but got :
      name: x      | bytes: 3         | :4: not YAML: found duplicate key bytes
      sha256: 0123 | sha256: x123     | : sha256: expected 64 hexadecimal digits, not 'x123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF'
      url: https:  | url: ftp:        | : url: expected a URL https://…, not 'ftp://example.org/x.txt'
      """)
  void aMalformedDescriptorIsRefused(String from, String to, String message) {
    Path file = Texts.write(directory, "x.yml", DESCRIPTOR.replace(from, to));
    assertThatThrownBy(() -> Dataset.read(file))
        .isInstanceOf(TextException.class)
        .hasMessage(file + message);
  }

  @Test
  void aDescriptorWithoutKeysIsRefused() {
    Path file = Texts.write(directory, "x.yml", "just text");
    assertThatThrownBy(() -> Dataset.read(file))
        .hasMessage(
            file
                + ": expected the keys bytes, description, file, licence, name, sha256, source, url");
  }
}
