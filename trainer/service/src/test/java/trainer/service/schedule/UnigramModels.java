package trainer.service.schedule;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import trainer.config.ConfigurationLoader;
import trainer.config.Data;
import trainer.file.Sha256;
import trainer.run.Provenance;
import trainer.run.RunDirectory;
import trainer.service.registry.Checkpoints;
import trainer.service.runs.RunFiles;
import trainer.service.schedule.Evaluation.FailedException;
import trainer.service.schedule.Evaluation.Score;
import trainer.text.Corpus;
import trainer.text.TextException;
import trainer.text.Vocabulary;

/**
 * Models that count characters, with the files of runs, so that a simulation trains and evaluates
 * in a millisecond. Their checkpoints have a line for each character: code point and count. {@code
 * corpus.bin} is the text as it was read.
 */
final class UnigramModels {
  static final double UNKNOWN_NATS = Math.log(1_112_064);
  private static final int SHORTEST = 20;
  private static final int HELD_OUT = 5; // the last fifth

  private UnigramModels() {}

  /**
   * Trains as a run does.
   *
   * @param noise added to each count: the more, the worse the model
   * @throws TextException if the text is missing, not UTF-8 or too short
   */
  static void train(RunDirectory run, String yaml, Path initial, int noise) throws IOException {
    byte[] text = text(run, yaml);
    Path copy = Files.createTempFile("text", ".txt");
    Path encoded = Files.createTempFile("text", ".encoded");
    try {
      Files.write(copy, text);
      Data data =
          ConfigurationLoader.parse(yaml, "simulated", List.of("data.corpus=" + copy)).data();
      Corpus corpus = Corpus.open(data, encoded);
      if (corpus.length() < SHORTEST) {
        throw new TextException(copy + ": too short");
      }
      Map<Integer, Long> counts = new TreeMap<>();
      if (initial != null) {
        read(new RunDirectory(initial)).keySet().forEach(known -> counts.put(known, 1L));
      }
      for (int point : corpus.vocabulary().codePoints()) {
        counts.put(point, 1L);
      }
      long training = corpus.length() - corpus.length() / HELD_OUT;
      corpus
          .text()
          .text(0, (int) training)
          .codePoints()
          .forEach(point -> counts.merge(point, 1L, Long::sum));
      counts.replaceAll((point, count) -> count + noise);
      Checkpoints.write(
          run.best(),
          counts.entrySet().stream()
              .map(entry -> entry.getKey() + " " + entry.getValue())
              .collect(Collectors.joining("\n")));
      Files.writeString(
          run.vocabulary(),
          Vocabulary.of(counts.keySet().stream().mapToInt(Integer::intValue).toArray()).toJson());
      Files.writeString(
          run.provenance(),
          Provenance.collect(
                  "none",
                  "none",
                  List.of(),
                  1,
                  List.of(
                      new Provenance.CorpusFile("text", corpus.sha256(), corpus.length(), "", 0)),
                  Instant.EPOCH)
              .json());
    } finally {
      Files.delete(copy);
      Files.delete(encoded);
    }
  }

  /** The text that the run began with, or that of now. */
  private static byte[] text(RunDirectory run, String yaml) throws IOException {
    if (!Files.exists(run.corpus())) {
      Path file = Path.of(ConfigurationLoader.parse(yaml, "x", List.of()).data().corpus().get(0));
      if (!Files.exists(file)) {
        throw new TextException(file + ": missing");
      }
      Files.copy(file, run.corpus());
    }
    return Files.readAllBytes(run.corpus());
  }

  static Map<Integer, Long> read(RunDirectory run) throws IOException {
    return Checkpoints.read(run.best())
        .lines()
        .map(line -> line.split(" "))
        .collect(
            Collectors.toMap(
                part -> Integer.valueOf(part[0]),
                part -> Long.valueOf(part[1]),
                (a, b) -> a,
                TreeMap::new));
  }

  /** As the command {@code evaluate}. */
  static Score evaluate(RunDirectory model, RunDirectory like, String option) {
    try {
      boolean split = option.startsWith("--split=");
      byte[] bytes =
          Files.readAllBytes(
              split ? like.corpus() : Path.of(option.substring("--corpus=".length())));
      int[] text = UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).codePoints().toArray();
      int from = split ? text.length - text.length / HELD_OUT : 0;
      Map<Integer, Long> counts = read(model);
      double all = counts.values().stream().mapToLong(Long::longValue).sum();
      double nats = 0;
      long unknown = 0;
      for (int i = from; i < text.length; i++) {
        Long count = counts.get(text[i]);
        nats += count == null ? UNKNOWN_NATS : -Math.log(count / all);
        unknown += count == null ? 1 : 0;
      }
      int characters = text.length - from;
      if (characters < 2) {
        throw new FailedException("the text is too short", false);
      }
      String sha256 = HexFormat.of().formatHex(Sha256.digest().digest(bytes));
      return new Score(nats / characters, characters, unknown, sha256, null);
    } catch (CharacterCodingException e) {
      throw new FailedException("the text is not UTF-8", false);
    } catch (NoSuchFileException e) {
      throw new FailedException(e.getMessage() + " is missing", false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Bytes below a folder. */
  static long bytes(RunFiles files) throws IOException {
    try (var paths = Files.walk(files.root())) {
      return paths.filter(Files::isRegularFile).mapToLong(path -> path.toFile().length()).sum();
    }
  }
}
