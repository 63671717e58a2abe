package trainer.text;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import trainer.config.Data;
import trainer.file.ByteProgress;
import trainer.file.FileErrors;
import trainer.file.Sha256;
import trainer.file.Watch;

/**
 * Downloads a file whose SHA-256 is known. It arrives as {@code FILE.part}, goes on from there when
 * it was cut short, and gets its name only when its SHA-256 is right. Over https only, except from
 * this machine.
 */
public final class DatasetDownload {
  private static final int ATTEMPTS = 5;
  private static final int REDIRECTS = 5;
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(20);
  private static final Duration SILENCE = Duration.ofSeconds(60);
  private static final Set<String> THIS_MACHINE = Set.of("localhost", "127.0.0.1", "[::1]");
  private static final Set<Integer> REDIRECT = Set.of(301, 302, 303, 307, 308);

  private final URI url;
  private final Path file;
  private final String sha256;
  private final long bytes; // -1: not known
  private final Watch watch;
  private final ByteProgress progress;
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(CONNECT_TIMEOUT)
          .build();

  private DatasetDownload(
      URI url,
      Path file,
      String sha256,
      long bytes,
      BooleanSupplier cancelled,
      ByteProgress progress) {
    this.url = url;
    this.file = file.toAbsolutePath();
    this.sha256 = sha256.toLowerCase(Locale.ROOT);
    this.bytes = bytes;
    this.watch = new Watch(cancelled, ByteProgress.none());
    this.progress = progress;
  }

  /**
   * Makes sure that a dataset's file is there and is the right one.
   *
   * @return whether it had to be downloaded
   * @throws TextException when it cannot be had; the message says why and what to do
   * @throws CancellationException when {@code cancelled} said so; what arrived is kept
   */
  public static boolean fetch(Dataset dataset, BooleanSupplier cancelled, ByteProgress progress) {
    if (dataset.url() == null && !Files.exists(dataset.file())) {
      throw new TextException(
          ("%s: no such file; it comes with the project and is not downloaded: restore it, its"
                  + " SHA-256 is %s")
              .formatted(dataset.file(), dataset.sha256()));
    }
    return new DatasetDownload(
            dataset.url(), dataset.file(), dataset.sha256(), dataset.bytes(), cancelled, progress)
        .fetch();
  }

  /**
   * Makes sure that a file is there and is the right one, as {@link #fetch(Dataset,
   * BooleanSupplier, ByteProgress)}.
   *
   * @param sha256 64 hexadecimal digits
   */
  public static boolean fetch(
      URI url, Path file, String sha256, BooleanSupplier cancelled, ByteProgress progress) {
    return new DatasetDownload(url, file, sha256, -1, cancelled, progress).fetch();
  }

  /**
   * Downloads {@code data.url} when {@code data.corpus} names one file that is not there.
   *
   * @param data its paths absolute
   * @return whether it was downloaded
   */
  public static boolean fetchMissing(Data data, BooleanSupplier cancelled, ByteProgress progress) {
    if (data.url() == null
        || data.corpus().size() != 1
        || Files.exists(Path.of(data.corpus().get(0)))) {
      return false;
    }
    try {
      return fetch(
          new URI(data.url()), Path.of(data.corpus().get(0)), data.sha256(), cancelled, progress);
    } catch (URISyntaxException e) {
      throw new TextException(
          "data.url: '%s' is no address: %s".formatted(data.url(), e.getReason()), e);
    }
  }

  private boolean fetch() {
    try {
      if (Files.exists(file)) {
        checkPresent();
        return false;
      }
      try (PartFile part = new PartFile(file)) {
        boolean resumed = part.size() > 0;
        download(part);
        String actual = Sha256.hex(part.path(), watch);
        if (resumed && !actual.equals(sha256)) {
          // What was there before may have been another version's: once more from the start.
          part.discard();
          download(part);
          actual = Sha256.hex(part.path(), watch);
        }
        if (!actual.equals(sha256)) {
          long size = part.size();
          part.discard();
          throw new TextException(
              String.format(
                  Locale.ROOT,
                  "%s: wrong file: its SHA-256 is %s, expected %s (%,d bytes); nothing was kept. It has"
                      + " changed at its source, or something on the way altered it",
                  url,
                  actual,
                  sha256,
                  size));
        }
        part.commit();
        return true;
      }
    } catch (IOException e) {
      throw new TextException("%s: cannot be read: %s".formatted(file, FileErrors.reason(e)), e);
    }
  }

  private void checkPresent() throws IOException {
    String actual = Sha256.hex(file, watch);
    if (!actual.equals(sha256)) {
      throw new TextException(
          "%s: the file is here, but its SHA-256 is %s, expected %s; move it away to download it"
              .formatted(file, actual, sha256));
    }
  }

  /** Until the part file is as long as it has to be. */
  private void download(PartFile part) {
    for (int attempt = 1; ; attempt++) {
      long before = part.size();
      if (bytes >= 0 && before > bytes) {
        part.discard();
        before = 0;
      }
      if (before == bytes) {
        return;
      }
      if (bytes >= 0) {
        part.reserve(bytes - before);
      }
      try {
        receive(part);
        if (bytes < 0 || part.size() >= bytes) {
          return;
        }
        throw new IOException("the answer ended early");
      } catch (ConnectException | HttpConnectTimeoutException e) {
        throw offline(e);
      } catch (IOException e) {
        if (part.size() <= before || attempt == ATTEMPTS) {
          throw lost(part, e);
        }
      } finally {
        part.close();
      }
    }
  }

  /** Sends one request, following redirects, and adds what comes to the part file. */
  private void receive(PartFile part) throws IOException {
    URI address = url;
    for (int hop = 0; hop <= REDIRECTS; hop++) {
      requireSafe(address);
      long have = part.size();
      HttpRequest.Builder request =
          HttpRequest.newBuilder(address).header("Accept-Encoding", "identity").timeout(SILENCE);
      if (have > 0) {
        request.header("Range", "bytes=%s-".formatted(have));
      }
      HttpResponse<Void> response = await(request.build(), part);
      int status = response.statusCode();
      if (status == 200 || (status == 206 && goesOn(response, have))) {
        return;
      }
      if (have > 0 && (status == 206 || status == 416)) {
        part.discard(); // the server cannot go on from here
      } else if (REDIRECT.contains(status)) {
        address = redirected(address, response);
      } else {
        throw new TextException(
            "%s: the server answers %d%s; %s"
                .formatted(
                    address, status, status == 404 ? ", it has no such file" : "", byHand()));
      }
    }
    throw new TextException("%s: more than %d redirects; %s".formatted(url, REDIRECTS, byHand()));
  }

  private HttpResponse<Void> await(HttpRequest request, PartFile part) throws IOException {
    long have = part.size();
    CompletableFuture<HttpResponse<Void>> answer =
        client.sendAsync(request, info -> body(info, have, part));
    long size = have;
    long lastChange = System.nanoTime();
    try {
      while (true) {
        try {
          return answer.get(100, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          watch.advance(0);
        }
        if (part.size() != size) {
          size = part.size();
          lastChange = System.nanoTime();
          progress.report(size, bytes);
        } else if (System.nanoTime() - lastChange > SILENCE.toNanos()) {
          throw new IOException("nothing came for %d s".formatted(SILENCE.toSeconds()));
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      if (e.getCause() instanceof TextException failure) {
        throw failure;
      }
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Watch.stopped(e);
    } finally {
      answer.cancel(true);
      progress.report(part.size(), bytes);
    }
  }

  /** Where the answer's body goes: to the file if it is the file, else nowhere. */
  private BodySubscriber<Void> body(ResponseInfo info, long have, PartFile part) {
    boolean whole = info.statusCode() == 200;
    if (!whole && !(info.statusCode() == 206 && goesOn(info, have))) {
      return BodySubscribers.discarding();
    }
    long coming = info.headers().firstValueAsLong("Content-Length").orElse(-1);
    long total = coming < 0 ? bytes : whole ? coming : have + coming;
    if (bytes >= 0 && total != bytes) {
      throw wrongSize(total);
    }
    part.open(!whole);
    return BodySubscribers.ofByteArrayConsumer(
        block ->
            block.ifPresent(
                data -> {
                  if (bytes >= 0 && part.size() + data.length > bytes) {
                    part.discard();
                    throw wrongSize(-1);
                  }
                  part.write(data);
                }));
  }

  private static boolean goesOn(HttpResponse<?> response, long have) {
    return goesOn(response.headers().firstValue("Content-Range").orElse(""), have);
  }

  private static boolean goesOn(ResponseInfo info, long have) {
    return goesOn(info.headers().firstValue("Content-Range").orElse(""), have);
  }

  private static boolean goesOn(String contentRange, long have) {
    return contentRange.startsWith("bytes %s-".formatted(have));
  }

  private URI redirected(URI address, HttpResponse<?> response) {
    String location = response.headers().firstValue("Location").orElse("");
    try {
      return address.resolve(location);
    } catch (IllegalArgumentException e) {
      throw new TextException(
          "%s: the server redirects to '%s', which is no address; %s"
              .formatted(address, location, byHand()),
          e);
    }
  }

  private void requireSafe(URI address) {
    String scheme = address.getScheme();
    boolean here = address.getHost() != null && THIS_MACHINE.contains(address.getHost());
    if (address.getHost() == null || !("https".equals(scheme) || ("http".equals(scheme) && here))) {
      throw new TextException(
          "%s: not downloaded: only https addresses are; %s".formatted(address, byHand()));
    }
  }

  private TextException offline(IOException e) {
    return new TextException(
        "no network: %s cannot be reached; %s".formatted(url.getHost(), byHand()), e);
  }

  private TextException lost(PartFile part, IOException e) {
    return new TextException(
        String.format(
            Locale.ROOT,
            "%s: the connection was lost after %,d%s bytes (%s); %s",
            url,
            part.size(),
            bytes < 0 ? "" : String.format(Locale.ROOT, " of %,d", bytes),
            FileErrors.reason(e),
            part.size() == 0
                ? byHand()
                : "what came is kept in %s: do the same again to go on".formatted(part.path())),
        e);
  }

  private TextException wrongSize(long total) {
    return new TextException(
        String.format(
            Locale.ROOT,
            "%s: wrong file: it has %s bytes, expected %,d; it has changed at its source",
            url,
            total < 0 ? "more" : String.format(Locale.ROOT, "%,d", total),
            bytes));
  }

  private String byHand() {
    return "put the file at %s by hand; its SHA-256 must be %s".formatted(file, sha256);
  }
}
