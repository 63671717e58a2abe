package trainer.exchange;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import trainer.checkpoint.Numbers;
import trainer.checkpoint.ZipDirectory;
import trainer.config.Layer;
import trainer.file.FileErrors;
import trainer.file.FileException;
import trainer.file.ShellWord;
import trainer.run.DamagedException;
import trainer.run.RunException;

/** A network in a file of another program, open for reading. */
public final class ImportedNetwork implements AutoCloseable {
  private final Path file;
  private final SeekableByteChannel channel;
  private final Weights weights;

  private ImportedNetwork(Path file, SeekableByteChannel channel, Weights weights) {
    this.file = file;
    this.channel = channel;
    this.weights = weights;
  }

  /**
   * Opens a state dict of PyTorch, as safetensors or the zip of {@code torch.save}, or a model of
   * Deeplearning4j. Nothing in it is executed, and no more memory is allocated than its size
   * justifies.
   *
   * @throws RunException if it is missing, damaged, or holds another kind of network
   */
  public static ImportedNetwork open(Path file) {
    try {
      if (Files.isDirectory(file)) {
        throw new DamagedException("it is a folder: name a file in it");
      }
      SeekableByteChannel channel = Files.newByteChannel(file);
      try {
        return new ImportedNetwork(file, channel, weights(channel));
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw refusal(file, e);
    }
  }

  private static Weights weights(SeekableByteChannel channel) throws IOException {
    if (SafetensorsFile.is(channel)) {
      return StateDict.of(SafetensorsFile.read(channel), channel.size());
    }
    Map<String, ZipDirectory.Entry> entries = ZipDirectory.read(channel, name -> true);
    return Dl4jModel.is(entries)
        ? Dl4jModel.of(channel, entries)
        : StateDict.of(TorchFile.read(channel, entries), channel.size());
  }

  /** The recurrent layers, without dropout, which the file does not tell. */
  public List<Layer> layers() {
    return weights.layers();
  }

  /** The number of characters. */
  public int vocabulary() {
    return weights.vocabulary();
  }

  /**
   * Reads the parameters in the order of {@link trainer.cell.CellLayout}, float32 from PyTorch.
   *
   * @throws RunException if the file is damaged, or a number is not finite
   */
  public Numbers parameters() {
    try {
      return weights.parameters();
    } catch (IOException e) {
      throw refusal(file, e);
    }
  }

  private static FileException refusal(Path file, IOException e) {
    if (e instanceof DamagedException) {
      return new RunException(
          "%s: not a network that can be imported: %s"
              .formatted(ShellWord.shown(file), e.getMessage()),
          e);
    }
    return e instanceof NoSuchFileException
        ? new RunException(ShellWord.shown(file) + ": no such file", e)
        : FileException.of(file, "cannot be read", e, "check the file");
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new RunException(
          "%s: cannot be closed (%s)".formatted(ShellWord.shown(file), FileErrors.reason(e)), e);
    }
  }
}
