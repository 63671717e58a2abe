package trainer.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** A download that broke off goes on where it did, as far as the server can. */
final class ResumedDownloadTest extends DatasetServer {
  private void writePart(byte[] bytes) throws IOException {
    Files.createDirectories(file().getParent());
    Files.write(part(), bytes);
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
}
