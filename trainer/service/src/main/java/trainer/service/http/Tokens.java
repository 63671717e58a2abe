package trainer.service.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import trainer.file.FileErrors;
import trainer.file.ShellWord;

/** The tokens of callers. Only SHA-256 digests are kept and compared, in constant time. */
public final class Tokens {
  /** The caller where there are no tokens. */
  static final Caller ANYONE = new Caller("local", Access.ADMIN);

  private static final int LEAST_CHARACTERS = 16;
  private static final Set<PosixFilePermission> OTHERS =
      Set.of(
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

  private final List<Entry> entries;

  private record Entry(Caller caller, byte[] digest) {}

  /**
   * A client with a token.
   *
   * @param name for logs and records
   * @param access its role
   */
  public record Caller(String name, Access access) {}

  private Tokens(List<Entry> entries) {
    this.entries = entries;
  }

  /** No tokens: every caller is an administrator. */
  public static Tokens none() {
    return new Tokens(List.of());
  }

  /**
   * Reads a file with a line {@code ROLE NAME TOKEN} for each token; roles are read, submit and
   * admin. Empty lines and lines starting with # are ignored.
   *
   * @throws IllegalArgumentException if it cannot be used; the message names the line, not the
   *     token
   */
  public static Tokens read(Path file) {
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(
          ("%s: is a folder: create the token file first (Docker creates a folder if a mounted file"
                  + " is missing)")
              .formatted(file));
    }
    try {
      checkPermissions(file);
      List<Entry> entries = new ArrayList<>();
      int number = 0;
      for (String line : Files.readAllLines(file)) {
        number++;
        if (!line.isBlank() && !line.startsWith("#")) {
          Entry entry = entry(line.strip().split("\\s+"), file + ":" + number);
          for (Entry other : entries) {
            if (MessageDigest.isEqual(other.digest(), entry.digest())) {
              throw new IllegalArgumentException(
                  "%s:%d: the token of %s is that of %s too: make one for each with 'openssl rand -hex 32'"
                      .formatted(file, number, entry.caller().name(), other.caller().name()));
            }
          }
          entries.add(entry);
        }
      }
      if (entries.isEmpty()) {
        throw new IllegalArgumentException(
            file + ": has no token: write a line 'admin NAME TOKEN'");
      }
      return new Tokens(entries);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "--token-file %s: cannot be read (%s): it must be a text file"
              .formatted(file, FileErrors.reason(e)),
          e);
    }
  }

  private static void checkPermissions(Path file) throws IOException {
    if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      for (PosixFilePermission permission : Files.getPosixFilePermissions(file)) {
        if (OTHERS.contains(permission)) {
          throw new IllegalArgumentException(
              "%s: others may read or write it: chmod 600 %s".formatted(file, ShellWord.of(file)));
        }
      }
    }
  }

  private static Entry entry(String[] words, String place) {
    if (words.length != 3) {
      throw new IllegalArgumentException(place + ": a line has three words: ROLE NAME TOKEN");
    }
    Access access =
        switch (words[0]) {
          case "read" -> Access.READ;
          case "submit" -> Access.SUBMIT;
          case "admin" -> Access.ADMIN;
          default ->
              throw new IllegalArgumentException(
                  "%s: '%s' is no role: use read, submit or admin".formatted(place, words[0]));
        };
    if (words[2].length() < LEAST_CHARACTERS) {
      throw new IllegalArgumentException(
          "%s: the token has fewer than %d characters: make one with 'openssl rand -hex 32'"
              .formatted(place, LEAST_CHARACTERS));
    }
    return new Entry(new Caller(words[1], access), digest(words[2]));
  }

  /** Whether callers need a token. */
  public boolean areRequired() {
    return !entries.isEmpty();
  }

  /**
   * Authenticates a request.
   *
   * @param authorization the header {@code Authorization}, or null
   */
  Optional<Caller> caller(String authorization) {
    if (!areRequired()) {
      return Optional.of(ANYONE);
    }
    if (authorization == null || !authorization.toLowerCase(Locale.ROOT).startsWith("bearer ")) {
      return Optional.empty();
    }
    byte[] digest = digest(authorization.substring("bearer ".length()).strip());
    Caller found = null;
    for (Entry entry : entries) {
      // No early exit: the time must not reveal the match.
      if (MessageDigest.isEqual(entry.digest(), digest)) {
        found = entry.caller();
      }
    }
    return Optional.ofNullable(found);
  }

  private static byte[] digest(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
