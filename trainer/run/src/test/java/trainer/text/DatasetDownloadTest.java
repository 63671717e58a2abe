package trainer.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import trainer.config.Data;
import trainer.config.Data.Newlines;
import trainer.config.Data.Normalization;
import trainer.config.Data.UnknownCharacters;
import trainer.file.ByteProgress;
import trainer.file.Sha256;

/** What is downloaded, from where, and which files are refused. */
final class DatasetDownloadTest extends DatasetServer {
  @Test
  void downloadsChecksAndNamesTheFile() throws IOException {
    serve(exchange -> answer(exchange, content.length));
    List<Long> progress = new ArrayList<>();
    boolean downloaded =
        DatasetDownload.fetch(
            dataset(url()),
            () -> false,
            (done, total) -> {
              assertThat(total).isEqualTo(content.length);
              progress.add(done);
            });
    assertThat(downloaded).isTrue();
    assertThat(file()).hasBinaryContent(content);
    assertThat(part()).doesNotExist();
    assertThat(ranges).containsExactly("all");
    assertThat(progress).isSorted().endsWith(300_000L);
  }

  @Test
  void aFileThatIsThereIsCheckedNotDownloaded() throws IOException {
    Files.createDirectories(file().getParent());
    Files.write(file(), content);
    assertThat(fetch()).isFalse();
    assertThat(ranges).isEmpty();

    Files.write(file(), new byte[] {1});
    assertThatThrownBy(this::fetch)
        .isInstanceOf(TextException.class)
        .hasMessage(
            ("%s: the file is here, but its SHA-256 is"
                    + " 4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a, expected"
                    + " %s; move it away to download it")
                .formatted(file(), sha256));
    assertThat(file()).hasBinaryContent(new byte[] {1});
  }

  @Test
  void anUnknownSizeIsNoHindrance() {
    serve(exchange -> answer(exchange, content.length));
    assertThat(
            DatasetDownload.fetch(
                url(), file(), sha256.toUpperCase(Locale.ROOT), () -> false, ByteProgress.none()))
        .isTrue();
    assertThat(file()).hasBinaryContent(content);
  }

  @Test
  void aWrongFileIsNotKept() throws IOException {
    serve(
        exchange -> {
          exchange.sendResponseHeaders(200, content.length);
          exchange.getResponseBody().write(new byte[content.length]);
        });
    String actual = HexFormat.of().formatHex(Sha256.digest().digest(new byte[content.length]));
    assertThatThrownBy(this::fetch)
        .isInstanceOf(TextException.class)
        .hasMessage(
            ("%s: wrong file: its SHA-256 is %s, expected %s (300,000 bytes); nothing was kept. It"
                    + " has changed at its source, or something on the way altered it")
                .formatted(url(), actual, sha256));
    assertThat(file().getParent()).isEmptyDirectory();
  }

  @Test
  void aFileOfAnotherSizeIsRefusedBeforeItComes() {
    serve(
        exchange -> {
          exchange.sendResponseHeaders(200, 12);
          exchange.getResponseBody().write(new byte[12]);
        });
    assertThatThrownBy(this::fetch)
        .isInstanceOf(TextException.class)
        .hasMessage(
            url()
                + ": wrong file: it has 12 bytes, expected 300,000; it has changed at its source");
    assertThat(file().getParent()).isEmptyDirectory();
  }

  @Test
  void anAnswerThatGoesOnTooLongIsCutOff() {
    serve(
        exchange -> {
          exchange.sendResponseHeaders(200, 0); // chunked, of unknown length
          exchange.getResponseBody().write(content);
          exchange.getResponseBody().write(content);
        });
    assertThatThrownBy(this::fetch)
        .isInstanceOf(TextException.class)
        .hasMessage(
            url()
                + ": wrong file: it has more bytes, expected 300,000; it has changed at its source");
    assertThat(file().getParent()).isEmptyDirectory();
  }

  @Test
  void aMissingFileIsSaid() {
    serve(exchange -> exchange.sendResponseHeaders(404, -1));
    assertThatThrownBy(this::fetch)
        .isInstanceOf(TextException.class)
        .hasMessage(
            "%s: the server answers 404, it has no such file; %s".formatted(url(), byHand()));
    assertThat(file().getParent()).isEmptyDirectory();
  }

  @Test
  void redirectsAreFollowedToSafeAddressesOnly() {
    serve(
        exchange -> {
          if (exchange.getRequestURI().getPath().equals("/text.txt")) {
            exchange.getResponseHeaders().set("Location", "/elsewhere");
            exchange.sendResponseHeaders(302, -1);
          } else {
            answer(exchange, content.length);
          }
        });
    assertThat(fetch()).isTrue();
    assertThat(file()).hasBinaryContent(content);
  }

  @Test
  void aRedirectToAnUnsafeAddressIsRefused() {
    serve(
        exchange -> {
          exchange.getResponseHeaders().set("Location", "http://example.org/text.txt");
          exchange.sendResponseHeaders(301, -1);
        });
    assertThatThrownBy(this::fetch)
        .isInstanceOf(TextException.class)
        .hasMessage(
            "http://example.org/text.txt: not downloaded: only https addresses are; " + byHand());
  }

  @Test
  void redirectsInACircleEnd() {
    serve(
        exchange -> {
          exchange.getResponseHeaders().set("Location", "/text.txt");
          exchange.sendResponseHeaders(307, -1);
        });
    assertThatThrownBy(this::fetch).hasMessage(url() + ": more than 5 redirects; " + byHand());
  }

  @Test
  void withoutANetworkSaysWhatToDoByHand() {
    Dataset unreachable = dataset(URI.create("http://localhost:1/text.txt"));
    assertThatThrownBy(() -> DatasetDownload.fetch(unreachable, () -> false, ByteProgress.none()))
        .isInstanceOf(TextException.class)
        .hasMessage("no network: localhost cannot be reached; " + byHand());
    Dataset nowhere = dataset(URI.create("https://nowhere.invalid/text.txt"));
    assertThatThrownBy(() -> DatasetDownload.fetch(nowhere, () -> false, ByteProgress.none()))
        .hasMessage("no network: nowhere.invalid cannot be reached; " + byHand());
  }

  @Test
  void aDatasetOfTheProjectIsNotDownloaded() {
    assertThatThrownBy(() -> DatasetDownload.fetch(dataset(null), () -> false, ByteProgress.none()))
        .hasMessage(
            "%s: no such file; it comes with the project and is not downloaded: restore it, its SHA-256 is %s"
                .formatted(file(), sha256));
  }

  @Test
  void aMissingCorpusIsDownloadedFromItsUrl() {
    serve(exchange -> answer(exchange, content.length));
    Data data = data(url().toString(), sha256, file().toString());
    assertThat(DatasetDownload.fetchMissing(data, () -> false, ByteProgress.none())).isTrue();
    assertThat(file()).hasBinaryContent(content);
    assertThat(DatasetDownload.fetchMissing(data, () -> false, ByteProgress.none())).isFalse();
    assertThat(ranges).containsExactly("all");

    Path other = directory.resolve("other.txt");
    Data nothingToDo = data(null, null, other.toString());
    assertThat(DatasetDownload.fetchMissing(nothingToDo, () -> false, ByteProgress.none()))
        .isFalse();
  }

  private static Data data(String url, String sha256, String... corpus) {
    return new Data(
        List.of(corpus),
        url,
        sha256,
        Normalization.NONE,
        Newlines.LF,
        null,
        UnknownCharacters.ERROR,
        List.of(0.9, 0.1, 0.0));
  }

  @Test
  void whereNothingCanBeWrittenIsSaid() {
    serve(exchange -> answer(exchange, content.length));
    assertThatThrownBy(
            () ->
                DatasetDownload.fetch(
                    url(), Path.of("/proc/text.txt"), sha256, () -> false, ByteProgress.none()))
        .isInstanceOf(TextException.class)
        .hasMessageStartingWith("/proc/text.txt.part: cannot be written: ");
  }
}
