package trainer.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import trainer.config.Data;
import trainer.config.Data.Newlines;
import trainer.config.Data.Normalization;
import trainer.config.Data.UnknownCharacters;

final class DatasetDownloadTest {
  @TempDir Path directory;

  private final byte[] content = new byte[300_000];
  private final List<String> ranges = Collections.synchronizedList(new ArrayList<>());
  private final ExecutorService executor = Executors.newCachedThreadPool();
  private String sha256;
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    new Random(1).nextBytes(content);
    sha256 = HexFormat.of().formatHex(Sha256.digest().digest(content));
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(executor);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    executor.shutdownNow();
  }

  private void serve(HttpHandler handler) {
    server.createContext(
        "/",
        exchange -> {
          String range = exchange.getRequestHeaders().getFirst("Range");
          ranges.add(range == null ? "all" : range);
          try (exchange) {
            handler.handle(exchange);
          }
        });
  }

  /** Answers as a server with ranges does, but sends at most so many bytes at a time. */
  private void answer(HttpExchange exchange, int most) throws IOException {
    String range = exchange.getRequestHeaders().getFirst("Range");
    int from = range == null ? 0 : Integer.parseInt(range.replaceAll("[^0-9]", ""));
    if (range != null) {
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range",
              "bytes %d-%d/%d".formatted(from, content.length - 1, content.length));
    }
    exchange.sendResponseHeaders(range == null ? 200 : 206, content.length - from);
    OutputStream body = exchange.getResponseBody();
    body.write(content, from, Math.min(most, content.length - from));
    body.flush();
  }

  private URI url() {
    return URI.create("http://127.0.0.1:%d/text.txt".formatted(server.getAddress().getPort()));
  }

  private Path file() {
    return directory.resolve("datasets/text.txt");
  }

  private Path part() {
    return directory.resolve("datasets/text.txt.part");
  }

  private Dataset dataset(URI url) {
    return new Dataset("text", file(), url, content.length, sha256, "", "", "");
  }

  private boolean fetch() {
    return DatasetDownload.fetch(dataset(url()), () -> false, TextProgress.none());
  }

  private void writePart(byte[] bytes) throws IOException {
    Files.createDirectories(file().getParent());
    Files.write(part(), bytes);
  }

  private String byHand() {
    return "put the file at %s by hand; its SHA-256 must be %s".formatted(file(), sha256);
  }

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
                url(), file(), sha256.toUpperCase(Locale.ROOT), () -> false, TextProgress.none()))
        .isTrue();
    assertThat(file()).hasBinaryContent(content);
  }

  @Test
  void aCutConnectionIsTakenUpWhereItBroke() {
    serve(exchange -> answer(exchange, 120_000));
    assertThat(fetch()).isTrue();
    assertThat(file()).hasBinaryContent(content);
    assertThat(ranges).containsExactly("all", "bytes=120000-", "bytes=240000-");
  }

  @Test
  void whatCameOfALostConnectionIsKeptForTheNextTime() throws IOException {
    serve(exchange -> answer(exchange, ranges.size() == 1 ? 50_000 : 0));
    assertThatThrownBy(this::fetch)
        .isInstanceOf(TextException.class)
        .hasMessageStartingWith(url() + ": the connection was lost after 50,000 of 300,000 bytes (")
        .hasMessageEndingWith(
            "; what came is kept in %s: do the same again to go on".formatted(part()));
    assertThat(part()).hasBinaryContent(Arrays.copyOf(content, 50_000));
    assertThat(file()).doesNotExist();

    server.removeContext("/");
    ranges.clear();
    serve(exchange -> answer(exchange, content.length));
    assertThat(fetch()).isTrue();
    assertThat(file()).hasBinaryContent(content);
    assertThat(ranges).containsExactly("bytes=50000-");
  }

  @Test
  void aServerWithoutRangesStartsOver() throws IOException {
    writePart(Arrays.copyOf(content, 1000));
    serve(
        exchange -> {
          exchange.sendResponseHeaders(200, content.length);
          exchange.getResponseBody().write(content);
        });
    assertThat(fetch()).isTrue();
    assertThat(file()).hasBinaryContent(content);
    assertThat(ranges).containsExactly("bytes=1000-");
  }

  @Test
  void aServerThatRefusesTheRangeIsAskedForAllOfIt() throws IOException {
    writePart(Arrays.copyOf(content, 1000));
    serve(
        exchange -> {
          if (exchange.getRequestHeaders().containsKey("Range")) {
            exchange.sendResponseHeaders(416, -1);
          } else {
            answer(exchange, content.length);
          }
        });
    assertThat(fetch()).isTrue();
    assertThat(file()).hasBinaryContent(content);
    assertThat(ranges).containsExactly("bytes=1000-", "all");
  }

  @Test
  void aCompletePartIsOnlyChecked() throws IOException {
    writePart(content);
    assertThat(fetch()).isTrue();
    assertThat(file()).hasBinaryContent(content);
    assertThat(ranges).isEmpty();
  }

  @Test
  void aPartOfAnotherVersionIsDownloadedAnew() throws IOException {
    byte[] other = new byte[1000];
    writePart(other);
    serve(exchange -> answer(exchange, content.length));
    assertThat(fetch()).isTrue();
    assertThat(file()).hasBinaryContent(content);
    assertThat(ranges).containsExactly("bytes=1000-", "all");
  }

  @Test
  void aPartThatIsTooLongIsDownloadedAnew() throws IOException {
    writePart(new byte[content.length + 1]);
    serve(exchange -> answer(exchange, content.length));
    assertThat(fetch()).isTrue();
    assertThat(ranges).containsExactly("all");
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
  void withoutANetworkSaysWhatToDoByHand() throws IOException {
    int closed;
    try (ServerSocket socket = new ServerSocket(0)) {
      closed = socket.getLocalPort();
    }
    Dataset unreachable = dataset(URI.create("http://localhost:%d/text.txt".formatted(closed)));
    assertThatThrownBy(() -> DatasetDownload.fetch(unreachable, () -> false, TextProgress.none()))
        .isInstanceOf(TextException.class)
        .hasMessage("no network: localhost cannot be reached; " + byHand());
    Dataset nowhere = dataset(URI.create("https://nowhere.invalid/text.txt"));
    assertThatThrownBy(() -> DatasetDownload.fetch(nowhere, () -> false, TextProgress.none()))
        .hasMessage("no network: nowhere.invalid cannot be reached; " + byHand());
  }

  @Test
  void aDatasetOfTheProjectIsNotDownloaded() {
    assertThatThrownBy(() -> DatasetDownload.fetch(dataset(null), () -> false, TextProgress.none()))
        .hasMessage(
            "%s: no such file; it comes with the project and is not downloaded: restore it, its SHA-256 is %s"
                .formatted(file(), sha256));
  }

  @Test
  void aMissingCorpusIsDownloadedFromItsUrl() {
    serve(exchange -> answer(exchange, content.length));
    Data data = data(url().toString(), sha256, file().toString());
    assertThat(DatasetDownload.fetchMissing(data, () -> false, TextProgress.none())).isTrue();
    assertThat(file()).hasBinaryContent(content);
    assertThat(DatasetDownload.fetchMissing(data, () -> false, TextProgress.none())).isFalse();
    assertThat(ranges).containsExactly("all");

    Path other = directory.resolve("other.txt");
    for (Data nothingToDo :
        List.of(
            data(null, null, other.toString()),
            data(url().toString(), sha256, other.toString(), file().toString()))) {
      assertThat(DatasetDownload.fetchMissing(nothingToDo, () -> false, TextProgress.none()))
          .isFalse();
    }
    assertThatThrownBy(
            () ->
                DatasetDownload.fetchMissing(
                    data(url().toString(), null, other.toString()),
                    () -> false,
                    TextProgress.none()))
        .hasMessage("data.sha256 is missing: it is required with data.url");
    assertThatThrownBy(
            () ->
                DatasetDownload.fetchMissing(
                    data("https://a b", sha256, other.toString()),
                    () -> false,
                    TextProgress.none()))
        .hasMessage("data.url: 'https://a b' is no address: Illegal character in authority");
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
  void cancellingKeepsWhatCame() throws Exception {
    CountDownLatch finished = new CountDownLatch(1);
    serve(
        exchange -> {
          answer(exchange, 100_000);
          try {
            finished.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
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
    assertThat(part()).hasBinaryContent(Arrays.copyOf(content, 100_000));
    assertThat(file()).doesNotExist();
  }

  @Test
  void whereNothingCanBeWrittenIsSaid() {
    serve(exchange -> answer(exchange, content.length));
    assertThatThrownBy(
            () ->
                DatasetDownload.fetch(
                    url(), Path.of("/proc/text.txt"), sha256, () -> false, TextProgress.none()))
        .isInstanceOf(TextException.class)
        .hasMessageStartingWith("/proc/text.txt.part: cannot be written: ");
  }
}
