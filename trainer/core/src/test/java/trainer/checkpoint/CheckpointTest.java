package trainer.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions;
import trainer.engine.CarriedState;
import trainer.file.FileException;
import trainer.run.RunException;

@Tag("slow")
class CheckpointTest {
  @TempDir Path directory;

  @Test
  void readsBackWhatWasWritten() {
    for (Checkpoint written : new Checkpoint[] {Examples.checkpoint(500), Examples.wide(0)}) {
      Path file = directory.resolve("a.zip");
      written.write(file);
      assertSame(Checkpoint.read(file), written);
    }
  }

  @Test
  void anUnreadablyLargeEntryIsNotWritten() {
    Checkpoint small = Examples.checkpoint(500);
    Checkpoint large =
        new Checkpoint(
            small.configuration() + "#".repeat(1 << 18),
            small.vocabulary(),
            small.networkConfiguration(),
            small.parameters(),
            small.updaterState(),
            small.progress(),
            small.carried(),
            small.metrics(),
            small.provenance());
    Path file = directory.resolve("500.zip");
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(() -> large.write(file))
        .withMessage(
            "%s: is not written: its entry trainer/config.yml would have %,d bytes, more than the"
                + " maximum of 262,144: shorten it; earlier checkpoints are intact",
            file, large.configuration().length());
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void theSameStateGivesTheSameBytes() throws IOException {
    Path one = directory.resolve("one.zip");
    Path other = directory.resolve("other.zip");
    Examples.checkpoint(500).write(one);
    Examples.checkpoint(500).write(other);
    assertThat(one).hasSameBinaryContentAs(other);
    Examples.checkpoint(501).write(other);
    assertThat(Files.mismatch(one, other)).isNotNegative();
  }

  @Test
  void keepsNumbersThatAreNotNumbers() {
    float[] odd = Examples.floats(Examples.PARAMETERS, 1);
    odd[0] = Float.NaN;
    odd[1] = Float.POSITIVE_INFINITY;
    odd[2] = -0.0f;
    odd[3] = Float.MIN_VALUE;
    Checkpoint plain = Examples.checkpoint(3);
    Checkpoint written =
        new Checkpoint(
            plain.configuration(),
            plain.vocabulary(),
            plain.networkConfiguration(),
            Numbers.of(odd),
            plain.updaterState(),
            trainer.training.Progress.start(),
            plain.carried(),
            plain.metrics(),
            plain.provenance());
    Path file = directory.resolve("a.zip");
    written.write(file);
    assertSame(Checkpoint.read(file), written);
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    byte[] whole = bytes(Examples.checkpoint(500));
    Path file = directory.resolve("500.zip");
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatExceptionOfType(RunException.class)
          .as("cut to %d of %d bytes", length, whole.length)
          .isThrownBy(() -> Checkpoint.read(file))
          .withMessageStartingWith(file + ": not a usable checkpoint: ")
          .withMessageEndingWith(
              "there is no other checkpoint: restore it from a copy, or train again");
    }
  }

  @Test
  void aFlippedBitIsRefusedOrHarmless() throws IOException {
    Checkpoint written = Examples.checkpoint(500);
    byte[] whole = bytes(written);
    Path file = directory.resolve("500.zip");
    int refused = 0;
    int tried = 0;
    for (int position = 0; position < whole.length; position += 3, tried++) {
      byte[] flipped = whole.clone();
      flipped[position] ^= (byte) (1 << position % 8);
      Files.write(file, flipped);
      try {
        // Times and versions in the zip's headers are irrelevant.
        assertSame(Checkpoint.read(file), written);
      } catch (FileException e) {
        assertThat(e).hasMessageStartingWith(file + ": not a usable checkpoint: ");
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(tried * 8 / 10);
  }

  @Test
  void stretchesOfZerosAndGarbageAreRefused() throws IOException {
    byte[] whole = bytes(Examples.checkpoint(500));
    Path file = directory.resolve("500.zip");
    Random random = new Random(11);
    for (int i = 0; i < 300; i++) {
      int from = random.nextInt(whole.length - 200);
      byte[] damaged = whole.clone();
      byte[] garbage = new byte[200];
      if (i % 2 == 0) {
        random.nextBytes(garbage);
      }
      System.arraycopy(garbage, 0, damaged, from, garbage.length);
      Files.write(file, damaged);
      assertThatExceptionOfType(RunException.class)
          .as("case %d from byte %d", i, from)
          .isThrownBy(() -> Checkpoint.read(file));
    }
  }

  @Test
  void readsACheckpointThatWasUnpackedAndPackedAgain() throws IOException {
    Checkpoint written = Examples.checkpoint(500);
    Path file = directory.resolve("500.zip");
    written.write(file);
    Path packed = directory.resolve("packed.zip");
    try (ZipFile in = new ZipFile(file.toFile());
        ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(packed))) {
      for (ZipEntry entry : in.stream().toList()) {
        out.putNextEntry(new ZipEntry(entry.getName()));
        in.getInputStream(entry).transferTo(out);
      }
      out.setComment("packed by another program");
    }
    assertSame(Checkpoint.read(packed), written);
  }

  @Test
  void worksOnOtherFileSystems() throws IOException {
    Path zip = directory.resolve("outer.zip");
    try (FileSystem other = FileSystems.newFileSystem(zip, Map.of("create", "true"))) {
      Path file = other.getPath("/500.zip");
      Checkpoint written = Examples.checkpoint(500);
      written.write(file);
      assertSame(Checkpoint.read(file), written);
    }
  }

  @Test
  void plainDl4jOpensIt() throws IOException {
    MultiLayerNetwork network = network();
    Checkpoint plain = Examples.checkpoint(9);
    Checkpoint checkpoint =
        new Checkpoint(
            plain.configuration(),
            plain.vocabulary(),
            network.getLayerWiseConfigurations().toJson(),
            Numbers.of(network.params()),
            Numbers.of(network.getUpdater().getStateViewArray()),
            plain.progress(),
            plain.carried(),
            plain.metrics(),
            plain.provenance());
    Path file = directory.resolve("9.zip");
    checkpoint.write(file);
    Path exported = directory.resolve("model.zip");
    Dl4jExport.write(checkpoint, exported);
    for (Path model : new Path[] {file, exported}) {
      MultiLayerNetwork restored = ModelSerializer.restoreMultiLayerNetwork(model.toFile(), true);
      assertThat(restored.params()).isEqualTo(network.params());
      assertThat(restored.getUpdater().getStateViewArray())
          .isEqualTo(network.getUpdater().getStateViewArray());
      assertThat(restored.getLayerWiseConfigurations())
          .isEqualTo(network.getLayerWiseConfigurations());
    }
    try (ZipFile zip = new ZipFile(exported.toFile())) {
      assertThat(zip.stream().map(ZipEntry::getName))
          .containsExactly("configuration.json", "coefficients.bin", "updaterState.bin");
    }
  }

  @Test
  void theArraysOfPlainDl4jAreRead() throws IOException {
    MultiLayerNetwork network = network();
    Path model = directory.resolve("dl4j.zip");
    ModelSerializer.writeModel(network, model.toFile(), true);
    Checkpoint ours = Examples.checkpoint(9);
    Map<String, byte[]> entries = ZipFixture.entriesOf(ours, directory);
    entries.put(
        "trainer/config.yml",
        "data: {corpus: text.txt}\nmodel: {layers: [{type: lstm, size: 5}]}\n".getBytes(UTF_8));
    ByteArrayOutputStream zero = new ByteArrayOutputStream();
    CarriedStateFormat.write(new CarriedState(List.of()), zero);
    entries.put("trainer/carried.bin", zero.toByteArray());
    try (ZipFile zip = new ZipFile(model.toFile())) {
      for (ZipEntry entry : zip.stream().toList()) {
        byte[] content = zip.getInputStream(entry).readAllBytes();
        entries.put(entry.getName(), content);
      }
    }
    Path file = directory.resolve("9.zip");
    ZipFixture.write(file, ZipFixture.withManifest(entries));
    Checkpoint read = Checkpoint.read(file);
    INDArray moments = network.getUpdater().getStateViewArray();
    assertThat(read.parameters().like(network.params())).isEqualTo(network.params());
    assertThat(read.updaterState().like(moments)).isEqualTo(moments);
  }

  @Test
  void writesTheBytesOfNd4jAndReadsThem() throws IOException {
    for (INDArray array :
        new INDArray[] {
          Nd4j.createFromArray(Examples.floats(20_000, 1)).reshape(1, 20_000),
          Nd4j.createFromArray(Examples.floats(5, 1)).castTo(DataType.DOUBLE).reshape(1, 5),
          Nd4j.createFromArray(new float[] {7}).reshape(1, 1)
        }) {
      ByteArrayOutputStream ours = new ByteArrayOutputStream();
      ArrayFormat.write(Numbers.of(array), ours);
      ByteArrayOutputStream theirs = new ByteArrayOutputStream();
      Nd4j.write(array, new DataOutputStream(theirs));
      assertThat(ours.toByteArray()).isEqualTo(theirs.toByteArray());
      assertThat(Nd4j.read(new DataInputStream(new ByteArrayInputStream(ours.toByteArray()))))
          .isEqualTo(array);
    }
  }

  @Test
  void writesTheNumbersOfViewsInOrder() throws IOException {
    INDArray matrix = Nd4j.createFromArray(Examples.floats(12, 4)).reshape(3, 4);
    for (INDArray view :
        new INDArray[] {
          matrix.getRow(1, true), matrix.getColumn(2).reshape(1, 3), matrix.getRow(2).dup('f')
        }) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ArrayFormat.write(Numbers.of(view), out);
      INDArray read = Nd4j.read(new DataInputStream(new ByteArrayInputStream(out.toByteArray())));
      assertThat(read.toFloatVector()).isEqualTo(view.dup().toFloatVector());
    }
  }

  private byte[] bytes(Checkpoint checkpoint) throws IOException {
    Path file = directory.resolve("whole.bin");
    checkpoint.write(file);
    byte[] bytes = Files.readAllBytes(file);
    Files.delete(file);
    return bytes;
  }

  private static MultiLayerNetwork network() {
    MultiLayerConfiguration configuration =
        new NeuralNetConfiguration.Builder()
            .seed(3)
            .updater(new Adam(0.01))
            .list()
            .layer(new LSTM.Builder().nIn(4).nOut(5).activation(Activation.TANH).build())
            .layer(
                new RnnOutputLayer.Builder(LossFunctions.LossFunction.MCXENT)
                    .nIn(5)
                    .nOut(4)
                    .activation(Activation.SOFTMAX)
                    .build())
            .build();
    MultiLayerNetwork network = new MultiLayerNetwork(configuration);
    network.init();
    INDArray features = Nd4j.rand(DataType.FLOAT, 2, 4, 3);
    network.fit(features, features);
    return network;
  }

  static void assertSame(Checkpoint read, Checkpoint written) {
    Map<String, Object> found = comparable(read);
    assertThat(found).isEqualTo(comparable(written));
    for (int i = 0; i < written.carried().layers().size(); i++) {
      assertThat(read.carried().layers().get(i).hidden())
          .isEqualTo(written.carried().layers().get(i).hidden());
      assertThat(read.carried().layers().get(i).cell())
          .isEqualTo(written.carried().layers().get(i).cell());
    }
    assertThat(numbers(read.parameters())).isEqualTo(numbers(written.parameters()));
    assertThat(numbers(read.updaterState())).isEqualTo(numbers(written.updaterState()));
  }

  private static Map<String, Object> comparable(Checkpoint checkpoint) {
    Map<String, Object> parts = new HashMap<>();
    parts.put("configuration", checkpoint.configuration());
    parts.put("vocabulary", checkpoint.vocabulary());
    parts.put("network", checkpoint.networkConfiguration());
    parts.put("progress", checkpoint.progress());
    parts.put("metrics", checkpoint.metrics());
    parts.put("provenance", checkpoint.provenance());
    parts.put("wide", checkpoint.parameters().isWide());
    parts.put("layers", checkpoint.carried().layers().size());
    parts.put("lanes", checkpoint.carried().layers().stream().map(l -> l.lanes()).toList());
    parts.put("sizes", checkpoint.carried().layers().stream().map(l -> l.size()).toList());
    return parts;
  }

  private static double[] numbers(Numbers numbers) {
    return numbers == null ? null : numbers.doubles();
  }
}
