package trainer.dataset;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import trainer.config.Data;
import trainer.file.AtomicFile;
import trainer.file.ByteProgress;
import trainer.file.FileErrors;
import trainer.file.FileException;
import trainer.file.Sha256;
import trainer.file.ShellWord;
import trainer.file.Watch;
import trainer.text.FilePattern;
import trainer.text.TextException;

/**
 * Downloads a file whose SHA-256 is known, over https, or over http from this machine. A broken
 * connection is retried twice, each time from the start; the file appears only when complete and
 * verified.
 */
public final class DatasetDownload {
  private static final int ATTEMPTS = 3;
  private static final int REDIRECTS = 5;
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(20);
  private static final Duration IDLE_TIMEOUT = Duration.ofSeconds(60);
  private static final Set<String> THIS_MACHINE = Set.of("localhost", "127.0.0.1", "[::1]");
  private static final Set<Integer> REDIRECT = Set.of(301, 302, 303, 307, 308);

  private final URI url;
  private final Path file;
  private final String sha256;
  private final long bytes; // -1: unknown
  private final Watch watch;
  private final ByteProgress progress;
  private long received; // bytes of the present attempt

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
   * Downloads a dataset's file, unless it exists, and verifies it.
   *
   * @return whether it was downloaded
   * @throws TextException if the download fails, or the file is a different one
   * @throws FileException if the file cannot be written
   * @throws CancellationException if {@code cancelled} returned true; nothing is kept
   */
  public static boolean fetch(Dataset dataset, BooleanSupplier cancelled, ByteProgress progress) {
    if (dataset.url() == null && !Files.exists(dataset.file())) {
      throw new TextException(
          "%s: no such file; it is part of the project and has no address: restore it, its SHA-256 is %s"
              .formatted(ShellWord.shown(dataset.file()), dataset.sha256()));
    }
    return new DatasetDownload(
            dataset.url(), dataset.file(), dataset.sha256(), dataset.bytes(), cancelled, progress)
        .fetch();
  }

  /**
   * As {@link #fetch(Dataset, BooleanSupplier, ByteProgress)}, for a file of unknown size.
   *
   * @param sha256 64 hexadecimal digits
   */
  public static boolean fetch(
      URI url, Path file, String sha256, BooleanSupplier cancelled, ByteProgress progress) {
    return new DatasetDownload(url, file, sha256, -1, cancelled, progress).fetch();
  }

  /**
   * Downloads {@code data.url} if {@code data.corpus} is one file that does not exist.
   *
   * @param data with absolute paths
   * @return whether it was downloaded
   */
  public static boolean fetchMissing(Data data, BooleanSupplier cancelled, ByteProgress progress) {
    if (data.url() == null
        || data.corpus().size() != 1
        || Files.exists(Path.of(data.corpus().get(0)))) {
      return false;
    }
    String hint = FilePattern.hint(data.corpus().get(0));
    if (!hint.isEmpty()) {
      throw new TextException("data.corpus: '%s'%s".formatted(data.corpus().get(0), hint));
    }
    try {
      return fetch(
          new URI(data.url()), Path.of(data.corpus().get(0)), data.sha256(), cancelled, progress);
    } catch (URISyntaxException e) {
      throw new TextException("data.url: not a URL: %s".formatted(e.getReason()), e);
    }
  }

  private boolean fetch() {
    AtomicFile.deleteAbandoned(file);
    try {
      if (Files.exists(file)) {
        String actual = Sha256.hex(file, watch);
        if (!actual.equals(sha256)) {
          throw new TextException(
              "%s: the file exists, but its SHA-256 is %s, expected %s; move it away to download it"
                  .formatted(ShellWord.shown(file), actual, sha256));
        }
        return false;
      }
      Files.createDirectories(file.getParent());
    } catch (IOException e) {
      throw FileException.of(file, "cannot be read or created", e, "check its directory");
    }
    for (int attempt = 1; ; attempt++) {
      try {
        AtomicFile.writeAmongOthers(file, this::receive);
        return true;
      } catch (UncheckedIOException e) {
        if (attempt == ATTEMPTS) {
          throw broken(e.getCause());
        }
      }
    }
  }

  /**
   * Writes the file to a stream, and verifies it.
   *
   * @throws IOException if the disk fails
   * @throws UncheckedIOException if the connection does
   */
  private void receive(OutputStream out) throws IOException {
    MessageDigest digest = Sha256.digest();
    byte[] buffer = new byte[1 << 16];
    received = 0;
    HttpURLConnection connection = connect();
    try (InputStream in = connection.getInputStream()) {
      for (int count; (count = read(in, buffer)) >= 0; ) {
        received += count;
        if (bytes >= 0 && received > bytes) {
          throw wrongFile(String.format(Locale.ROOT, "it has more than %,d bytes", bytes));
        }
        digest.update(buffer, 0, count);
        out.write(buffer, 0, count);
        progress.report(received, bytes);
        watch.advance(0);
      }
    } finally {
      connection.disconnect();
    }
    if (received < connection.getContentLengthLong()) {
      throw new UncheckedIOException(new IOException("the connection was closed"));
    }
    String actual = HexFormat.of().formatHex(digest.digest());
    if (!actual.equals(sha256)) {
      throw wrongFile(
          String.format(
              Locale.ROOT, "its SHA-256 is %s, expected %s (%,d bytes)", actual, sha256, received));
    }
  }

  private static int read(InputStream in, byte[] buffer) {
    try {
      return in.read(buffer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Follows redirects by hand, because each address must be https. */
  private HttpURLConnection connect() {
    URI address = url;
    try {
      for (int hop = 0; hop <= REDIRECTS; hop++) {
        HttpURLConnection connection = open(address);
        int status = connection.getResponseCode();
        if (status == 200) {
          return connection;
        }
        connection.disconnect();
        if (!REDIRECT.contains(status)) {
          throw new TextException(
              "%s: the server answers %d%s; %s"
                  .formatted(
                      shown(address), status, status == 404 ? ", no such file" : "", byHand()));
        }
        address = redirected(address, connection.getHeaderField("Location"));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new TextException(
        "%s: more than %d redirects; %s".formatted(shown(url), REDIRECTS, byHand()));
  }

  private HttpURLConnection open(URI address) throws IOException {
    String scheme = address.getScheme();
    String host = address.getHost();
    if (host == null
        || !("https".equals(scheme) || ("http".equals(scheme) && THIS_MACHINE.contains(host)))) {
      throw new TextException("%s: only https is allowed; %s".formatted(shown(address), byHand()));
    }
    HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection();
    connection.setInstanceFollowRedirects(false);
    connection.setConnectTimeout((int) CONNECT_TIMEOUT.toMillis());
    connection.setReadTimeout((int) IDLE_TIMEOUT.toMillis());
    try {
      connection.connect();
    } catch (IOException e) {
      throw new TextException("no network: %s cannot be reached; %s".formatted(host, byHand()), e);
    }
    return connection;
  }

  private URI redirected(URI address, String location) {
    try {
      return address.resolve(String.valueOf(location));
    } catch (IllegalArgumentException e) {
      throw new TextException(
          "%s: the server redirects to what is not a URL; %s".formatted(shown(address), byHand()),
          e);
    }
  }

  private TextException wrongFile(String reason) {
    return new TextException(
        "%s: wrong file: %s; nothing was kept. It has changed at its source or was altered on the way; %s"
            .formatted(shown(url), reason, byHand()));
  }

  private TextException broken(IOException e) {
    return new TextException(
        String.format(
            Locale.ROOT,
            "%s: %d attempts failed, the last after %,d%s bytes (%s); try again later, or %s",
            shown(url),
            ATTEMPTS,
            received,
            bytes < 0 ? "" : String.format(Locale.ROOT, " of %,d", bytes),
            FileErrors.reason(e),
            byHand()),
        e);
  }

  /** Queries and users may be secrets, as in the addresses that stores of files redirect to. */
  private static String shown(URI address) {
    if (address.getRawQuery() == null && address.getRawUserInfo() == null) {
      return address.toString();
    }
    String port = address.getPort() < 0 ? "" : ":" + address.getPort();
    String query = address.getRawQuery() == null ? "" : "?…";
    return "%s://%s%s%s%s"
        .formatted(address.getScheme(), address.getHost(), port, address.getRawPath(), query);
  }

  private String byHand() {
    return "put the file at %s by hand; its SHA-256 must be %s"
        .formatted(ShellWord.shown(file), sha256);
  }
}
