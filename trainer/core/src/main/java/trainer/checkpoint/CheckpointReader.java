package trainer.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.io.UTFDataFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import trainer.config.Configuration;
import trainer.config.ConfigurationException;
import trainer.config.ConfigurationLoader;
import trainer.config.ConfigurationText;
import trainer.config.Model;
import trainer.config.Training;
import trainer.engine.CarriedState;
import trainer.file.FileErrors;
import trainer.file.FileException;
import trainer.file.Sha256;
import trainer.file.ShellWord;
import trainer.network.NetworkSize;
import trainer.run.DamagedException;
import trainer.run.RunException;
import trainer.text.TextException;
import trainer.text.Vocabulary;
import trainer.training.Progress;

/** Reads a checkpoint that may be truncated, corrupted, hostile, or a different file. */
final class CheckpointReader implements AutoCloseable {
  static final String NETWORK = "configuration.json";
  static final String PARAMETERS = "coefficients.bin";
  static final String UPDATER = "updaterState.bin";
  static final String CONFIGURATION = "trainer/config.yml";
  static final String VOCABULARY = "trainer/vocabulary.json";
  static final String PROGRESS = "trainer/progress.json";
  static final String CARRIED = "trainer/carried.bin";
  static final String METRICS = "trainer/metrics.csv";
  static final String PROVENANCE = "trainer/provenance.json";

  private static final Set<String> REQUIRED =
      Set.of(
          NETWORK, PARAMETERS, CONFIGURATION, VOCABULARY, PROGRESS, CARRIED, METRICS, PROVENANCE);
  private static final Set<String> ALLOWED =
      Set.of(
          Manifest.NAME,
          NETWORK,
          PARAMETERS,
          UPDATER,
          CONFIGURATION,
          VOCABULARY,
          PROGRESS,
          CARRIED,
          METRICS,
          PROVENANCE);
  // Bytes, far above the largest ones: 1.1 million characters, millions of metrics rows.
  private static final Map<String, Integer> MAXIMUM =
      Map.of(
          Manifest.NAME,
          1 << 16,
          NETWORK,
          1 << 24,
          CONFIGURATION,
          ConfigurationText.MAXIMUM_BYTES,
          VOCABULARY,
          1 << 27,
          PROGRESS,
          1 << 16,
          METRICS,
          1 << 28,
          PROVENANCE,
          1 << 24);

  private final SeekableByteChannel channel;
  private final Map<String, ZipDirectory.Entry> entries;
  private final Manifest manifest;

  private CheckpointReader(SeekableByteChannel channel) throws IOException {
    this.channel = channel;
    this.entries = ZipDirectory.read(channel, ALLOWED::contains);
    if (!entries.containsKey(Manifest.NAME)) {
      if (entries.containsKey(PARAMETERS)) {
        throw new ExportException("a Deeplearning4j model");
      }
      throw new DamagedException("it has no " + Manifest.NAME);
    }
    this.manifest = Manifest.parse(text(Manifest.NAME, null));
    manifest.match(entries.keySet(), REQUIRED);
  }

  static Checkpoint read(Path file) {
    try (CheckpointReader reader = open(file)) {
      return reader.checkpoint();
    } catch (IOException e) {
      throw refusal(file, e);
    }
  }

  /**
   * Refuses to write an entry that would be refused on reading.
   *
   * @throws RunException naming the entry
   */
  static void checkSizes(Path file, List<StoredZip.Entry> written) {
    for (StoredZip.Entry entry : written) {
      Integer maximum = MAXIMUM.get(entry.name());
      if (maximum != null && entry.bytes() > maximum) {
        throw new RunException(
            String.format(
                Locale.ROOT,
                "%s: is not written: its entry %s would have %,d bytes, more than the maximum of %,d: %s; earlier checkpoints are intact",
                file,
                entry.name(),
                entry.bytes(),
                maximum,
                entry.name().equals(METRICS)
                    ? "raise evaluation.every_iterations, so that metrics.csv has fewer rows"
                    : "shorten it"));
      }
    }
  }

  /** See {@link Checkpoint#fingerprint}. */
  static String fingerprint(Path file) {
    try (CheckpointReader reader = open(file)) {
      String all = String.join("\n", reader.manifest.sha256().values());
      return HexFormat.of().formatHex(Sha256.digest().digest(all.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw refusal(file, e);
    }
  }

  /** The iteration in the manifest; nothing else is verified. */
  static long iteration(Path file) throws IOException {
    try (CheckpointReader reader = open(file)) {
      return reader.manifest.iteration();
    }
  }

  private static CheckpointReader open(Path file) throws IOException {
    BasicFileAttributes attributes = attributes(file);
    if (attributes.isDirectory()) {
      throw new DamagedException("it is a directory, not a checkpoint");
    }
    if (!attributes.isRegularFile()) {
      throw new DamagedException("it is not a regular file");
    }
    SeekableByteChannel channel = Files.newByteChannel(file);
    try {
      if (isSafetensors(channel)) {
        throw new ExportException("a safetensors file");
      }
      return new CheckpointReader(channel);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** Begins with the length of its header, which is JSON. */
  private static boolean isSafetensors(SeekableByteChannel channel) throws IOException {
    ByteBuffer start = ByteBuffer.allocate(Long.BYTES + 1).order(ByteOrder.LITTLE_ENDIAN);
    while (start.hasRemaining() && channel.read(start) >= 0) {}
    return !start.hasRemaining()
        && start.get(Long.BYTES) == '{'
        && start.getLong(0) > 0
        && start.getLong(0) < channel.size();
  }

  private static BasicFileAttributes attributes(Path file) throws IOException {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class);
    } catch (FileSystemException e) {
      if (Files.isSymbolicLink(file)) {
        throw new DamagedException(
            "it is a link that cannot be followed (%s)".formatted(FileErrors.reason(e)));
      }
      throw e;
    }
  }

  /** The file is not damaged, but for other programs. */
  private static final class ExportException extends IOException {
    private static final long serialVersionUID = 1;

    /**
     * @param kind what it is
     */
    ExportException(String kind) {
      super(
          "it is %s, as export writes it for other programs, without the progress of a run"
              .formatted(kind));
    }
  }

  private static FileException refusal(Path file, IOException e) {
    if (e instanceof ExportException) {
      return new RunException(
          "%s: not a checkpoint: %s: name the run directory, or the checkpoint in it, that it was exported from"
              .formatted(ShellWord.shown(file), e.getMessage()),
          e);
    }
    String remedy = CheckpointFolder.otherThan(file);
    if (e instanceof DamagedException) {
      return new RunException(
          "%s: not a usable checkpoint: %s: %s"
              .formatted(ShellWord.shown(file), e.getMessage(), remedy),
          e);
    }
    String failure = e instanceof NoSuchFileException ? "no checkpoint there" : "cannot be read";
    return FileException.of(file, failure, e, remedy);
  }

  private Checkpoint checkpoint() throws IOException {
    // Small entries first: problems are found before the large ones are read.
    Progress progress = ProgressFormat.read(text(PROGRESS), "its entry " + PROGRESS);
    if (progress.iteration() != manifest.iteration()) {
      throw new DamagedException(
          "its manifest says iteration %d, its progress %d"
              .formatted(manifest.iteration(), progress.iteration()));
    }
    String configuration = text(CONFIGURATION);
    String vocabulary = text(VOCABULARY);
    Configuration described = described(configuration);
    Model model = described.model();
    Training training = described.training();
    NetworkSize size = NetworkSize.of(model, training.optimizer(), characters(vocabulary));
    String network = text(NETWORK);
    NetworkJson.check(network, "its entry " + NETWORK);
    String metrics = text(METRICS);
    String provenance = text(PROVENANCE);
    CarriedState carried =
        entry(
            CARRIED,
            (entry, name) ->
                CarriedStateFormat.read(entry, name, model.layers(), training.batchSize()));
    Numbers parameters =
        entry(PARAMETERS, (entry, name) -> ArrayFormat.read(entry, name, size.parameters()));
    Numbers updater = updaterState(size.updaterState());
    if (updater != null && updater.isWide() != parameters.isWide()) {
      throw new DamagedException(
          "its parameters are %s and its updater state %s"
              .formatted(ArrayFormat.type(parameters), ArrayFormat.type(updater)));
    }
    return new Checkpoint(
        configuration,
        vocabulary,
        network,
        parameters,
        updater,
        progress,
        carried,
        metrics,
        provenance);
  }

  private static Configuration described(String configuration) throws DamagedException {
    try {
      return ConfigurationLoader.parse(configuration, CONFIGURATION, List.of());
    } catch (ConfigurationException e) {
      throw new DamagedException("its configuration is wrong: " + e.problems().get(0));
    }
  }

  private static int characters(String vocabulary) throws DamagedException {
    try {
      return Vocabulary.fromJson(vocabulary, VOCABULARY).size();
    } catch (TextException e) {
      throw new DamagedException("its vocabulary is wrong: " + e.getMessage());
    }
  }

  private Numbers updaterState(long numbers) throws IOException {
    if (entries.containsKey(UPDATER) == (numbers == 0)) {
      throw new DamagedException(
          numbers == 0
              ? "its entry "
                  + UPDATER
                  + " belongs to another optimizer than the one in its configuration"
              : "its entry " + UPDATER + " is missing");
    }
    return numbers == 0
        ? null
        : entry(UPDATER, (entry, name) -> ArrayFormat.read(entry, name, numbers));
  }

  @FunctionalInterface
  private interface Parser<T> {
    T parse(ZipEntryStream entry, String name) throws IOException;
  }

  private <T> T entry(String name, Parser<T> parser) throws IOException {
    return entry(name, parser, manifest.sha256().get(name));
  }

  private <T> T entry(String name, Parser<T> parser, String sha256) throws IOException {
    try (ZipEntryStream entry = new ZipEntryStream(channel, entries.get(name))) {
      T parsed = parser.parse(entry, name);
      entry.verify(sha256);
      return parsed;
    } catch (EOFException | UTFDataFormatException e) {
      throw new DamagedException("its entry " + name + " is damaged");
    }
  }

  private String text(String name) throws IOException {
    return text(name, manifest.sha256().get(name));
  }

  private String text(String name, String sha256) throws IOException {
    byte[] bytes = entry(name, CheckpointReader::bytes, sha256);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new DamagedException("its entry " + name + " is not UTF-8 text");
    }
  }

  private static byte[] bytes(ZipEntryStream entry, String name) throws IOException {
    if (entry.left() > MAXIMUM.get(name)) {
      throw new DamagedException(
          String.format(
              Locale.ROOT,
              "its entry %s has %,d bytes, more than allowed in a checkpoint",
              name,
              entry.left()));
    }
    return entry.readNBytes((int) entry.left());
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
