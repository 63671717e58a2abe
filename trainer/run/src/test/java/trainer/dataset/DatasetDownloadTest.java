package trainer.dataset;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import trainer.config.Data;
import trainer.config.Data.Newlines;
import trainer.config.Data.Normalization;
import trainer.config.Data.UnknownCharacters;
import trainer.file.AtomicFile;
import trainer.file.ByteProgress;
import trainer.file.FileException;
import trainer.file.Sha256;
import trainer.text.TextException;

/** Sources, retries, and refused files. */
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
    assertThat(file().getParent()).isDirectoryNotContaining("glob:**.part");
    assertThat(requests).hasValue(1);
    assertThat(progress).isSorted().endsWith(300_000L);
  }

  @Test
  void aFileThatIsThereIsCheckedNotDownloaded() throws IOException {
    Files.createDirectories(file().getParent());
    Files.write(file(), content);
    assertThat(fetch()).isFalse();
    assertThat(requests).hasValue(0);

    Files.write(file(), new byte[] {1});
    assertThatThrownBy(this::fetch)
        .isInstanceOf(TextException.class)
        .hasMessage(
            ("%s: the file exists, but its SHA-256 is"
                    + " 4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a, expected"
                    + " %s; move it away to download it")
                .formatted(file(), sha256));
    assertThat(file()).hasBinaryContent(new byte[] {1});
  }

  /** The first one ends while the second one is half-way. */
  @Test
  void twoDownloadsAtATimeDoNotMeet() throws Exception {
    CountDownLatch both = new CountDownLatch(2);
    CountDownLatch firstHasEnded = new CountDownLatch(1);
    AtomicInteger started = new AtomicInteger();
    serve(
        exchange -> {
          boolean second = started.incrementAndGet() == 2;
          answer(exchange, content.length / 2);
          both.countDown();
          await(second ? firstHasEnded : both);
          exchange.getResponseBody().write(content, content.length / 2, content.length / 2);
        });
    List<CompletableFuture<Boolean>> downloads =
        Stream.generate(() -> CompletableFuture.supplyAsync(this::fetch)).limit(2).toList();
    try {
      CompletableFuture.anyOf(downloads.toArray(CompletableFuture[]::new)).get(20, SECONDS);
      assertThat(file()).hasBinaryContent(content);
    } finally {
      firstHasEnded.countDown();
    }
    for (CompletableFuture<Boolean> download : downloads) {
      assertThat(download.get(20, SECONDS)).isTrue();
    }
    assertThat(file()).hasBinaryContent(content);
    assertThat(file().getParent()).isDirectoryNotContaining("glob:**.part");
  }

  /** What a process writes is locked. */
  @Test
  void whatAKilledDownloadHasLeftIsDeletedByTheNext() throws IOException {
    Path folder = Files.createDirectories(file().getParent());
    List<Path> parts = new ArrayList<>();
    for (String name : List.of("text.txt", "text.txt", "text.txt.md")) {
      Path part = folder.resolve(".%s.%s.part".formatted(name, UUID.randomUUID()));
      parts.add(Files.writeString(part, "to be"));
    }
    serve(exchange -> answer(exchange, content.length));
    try (FileChannel channel = FileChannel.open(parts.get(1), StandardOpenOption.WRITE);
        FileLock held = channel.lock()) {
      assertThat(held.isValid()).isTrue();
      assertThat(fetch()).isTrue();
    }
    assertThat(parts.get(0)).doesNotExist();
    assertThat(parts.subList(1, 3)).as("locked, of another").allMatch(Files::exists);

    assertThat(fetch()).as("it is there").isFalse();
    assertThat(parts.get(1)).as("no longer locked").doesNotExist();
  }

  /** Another thread starts a download while one is half-way. */
  @Test
  void whatIsBeingDownloadedIsNotDeleted() {
    serve(exchange -> answer(exchange, content.length));
    boolean downloaded =
        DatasetDownload.fetch(
            dataset(url()), () -> false, (done, total) -> AtomicFile.deleteAbandoned(file()));
    assertThat(downloaded).isTrue();
    assertThat(file()).hasBinaryContent(content);
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
                    + " has changed at its source or was altered on the way; %s")
                .formatted(url(), actual, sha256, byHand()));
    assertThat(file().getParent()).isEmptyDirectory();
  }

  @Test
  void anAnswerThatIsTooLongIsCutOff() {
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
                + ": wrong file: it has more than 300,000 bytes; nothing was kept. It has changed at"
                + " its source or was altered on the way; "
                + byHand());
    assertThat(file().getParent()).isEmptyDirectory();
  }

  @Test
  void aMissingFileOnTheServerIsReported() {
    serve(exchange -> exchange.sendResponseHeaders(404, -1));
    assertThatThrownBy(this::fetch)
        .isInstanceOf(TextException.class)
        .hasMessage("%s: the server answers 404, no such file; %s".formatted(url(), byHand()));
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
        .hasMessage("http://example.org/text.txt: only https is allowed; " + byHand());
  }

  /** Stores of files redirect to addresses with a signature. */
  @Test
  void queriesAreNotShown() {
    serve(
        exchange -> {
          boolean first = exchange.getRequestURI().getPath().equals("/text.txt");
          exchange.getResponseHeaders().set("Location", "/store/text.txt?signature=secret");
          exchange.sendResponseHeaders(first ? 302 : 403, -1);
        });
    String store = url().resolve("/store/text.txt").toString();
    assertThatThrownBy(this::fetch)
        .hasMessage("%s?…: the server answers 403; %s".formatted(store, byHand()));
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
  void withoutANetworkExplainsTheManualWay() {
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
            "%s: no such file; it is part of the project and has no address: restore it, its SHA-256 is %s"
                .formatted(file(), sha256));
  }

  @Test
  void aMissingCorpusIsDownloadedFromItsUrl() {
    serve(exchange -> answer(exchange, content.length));
    Data data = data(url().toString(), sha256, file().toString());
    assertThat(DatasetDownload.fetchMissing(data, () -> false, ByteProgress.none())).isTrue();
    assertThat(file()).hasBinaryContent(content);
    assertThat(DatasetDownload.fetchMissing(data, () -> false, ByteProgress.none())).isFalse();
    assertThat(requests).hasValue(1);

    Path other = directory.resolve("other.txt");
    Data nothingToDo = data(null, null, other.toString());
    assertThat(DatasetDownload.fetchMissing(nothingToDo, () -> false, ByteProgress.none()))
        .isFalse();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Data data(String url, String sha256, String... corpus) {
    return new Data(
        List.of(corpus),
        url,
        sha256,
        StandardCharsets.UTF_8,
        null,
        Normalization.NONE,
        Newlines.LF,
        null,
        UnknownCharacters.ERROR,
        Data.Shuffle.NONE,
        List.of(0.9, 0.1, 0.0),
        1);
  }

  @Test
  void anUnwritableFolderIsNamed() {
    serve(exchange -> answer(exchange, content.length));
    assertThatThrownBy(
            () ->
                DatasetDownload.fetch(
                    url(), Path.of("/proc/text.txt"), sha256, () -> false, ByteProgress.none()))
        .isInstanceOf(FileException.class)
        .hasMessageStartingWith("/proc/text.txt: cannot be written (");
  }

  @Test
  void aBrokenConnectionIsRetriedFromTheStart() {
    serve(exchange -> answer(exchange, requests.get() < 3 ? 120_000 : content.length));
    assertThat(fetch()).isTrue();
    assertThat(file()).hasBinaryContent(content);
    assertThat(requests).hasValue(3);
  }

  @Test
  void threeBrokenConnectionsLeaveNothing() {
    serve(exchange -> answer(exchange, 50_000));
    assertThatThrownBy(this::fetch)
        .isInstanceOf(TextException.class)
        .hasMessageStartingWith(
            url() + ": 3 attempts failed, the last after 50,000 of 300,000 bytes (")
        .hasMessageEndingWith("; try again later, or " + byHand());
    assertThat(requests).hasValue(3);
    assertThat(file().getParent()).isEmptyDirectory();
  }

  @Test
  void cancellingLeavesNothing() {
    CountDownLatch finished = new CountDownLatch(1);
    serve(
        exchange -> {
          answer(exchange, 100_000);
          await(finished);
        });
    boolean[] cancelled = new boolean[1];
    try {
      assertThatThrownBy(
              () ->
                  DatasetDownload.fetch(
                      dataset(url()),
                      () -> cancelled[0],
                      (done, total) -> cancelled[0] = done == 100_000))
          .isInstanceOf(CancellationException.class);
    } finally {
      finished.countDown();
    }
    assertThat(file().getParent()).isEmptyDirectory();
  }
}
