package trainer.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import trainer.Networks;
import trainer.cluster.Commands.Vector;
import trainer.config.Compute;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.Configuration;
import trainer.config.ConfigurationWriter;
import trainer.config.Layer;
import trainer.config.Layer.CellType;
import trainer.engine.Allreduce;
import trainer.engine.Engine;
import trainer.engine.RandomText;
import trainer.engine.VectorNetwork;
import trainer.engine.cpu.CpuEngineProvider;
import trainer.text.Segment;

/** Ranks that disagree, and strangers that connect. */
class RankGroupTest {
  private static final int VOCABULARY = 5;
  private static final int LANES = 4;
  private static final Segment TEXT = RandomText.segments(VOCABULARY, LANES, 1, 6).get(0);
  private static final Compute COMPUTE = new Compute(EngineType.CPU, 1, 2, Precision.FLOAT32, 2);
  private static final Configuration CONFIGURATION =
      Networks.configuration(LANES, 6, new Layer(CellType.LSTM, 3, 0)).with(COMPUTE);

  /** 4·3 gates of 5 inputs, 3 states and a bias; a softmax. */
  private static final int PARAMETERS = 12 * (VOCABULARY + 3 + 1) + 4 * VOCABULARY;

  private static RankGroup group(WorkerLauncher launcher) {
    return RankGroup.start(
        launcher, 2, 1, ConfigurationWriter.toYaml(CONFIGURATION), VOCABULARY, PARAMETERS);
  }

  private static ClusterNetwork network(RankGroup ranks) {
    VectorNetwork<?> local =
        new CpuEngineProvider()
            .rank(CONFIGURATION, VOCABULARY, COMPUTE, Allreduce.ALONE)
            .orElseThrow()
            .network();
    ClusterNetwork network =
        new ClusterNetwork(CONFIGURATION.model().layers(), ranks, local, PARAMETERS, 2);
    float[] parameters = new float[PARAMETERS];
    Random random = new Random(3);
    for (int i = 0; i < PARAMETERS; i++) {
      parameters[i] = random.nextFloat() - 0.5f;
    }
    network.writeParameters(parameters);
    network.writeUpdater(new float[2 * PARAMETERS]);
    return network;
  }

  /** Gives the second rank another value than the first. */
  private static void plantADifference(RankGroup ranks, Vector where, int length) {
    ranks.tellAll(
        Commands.WRITE,
        1 + Float.BYTES * length,
        (rank, to) -> {
          float[] vector = new float[length];
          vector[length / 2] = rank == 1 ? 0x1p-20f : 0;
          where.put(to);
          Commands.put(to, vector);
        });
  }

  @Test
  void aDifferentParameterIsFoundBeforeACheckpointIsWritten() {
    RankGroup ranks = group(new LocalWorkers());
    try (ClusterNetwork network = network(ranks)) {
      network.train(TEXT, 0.01, 0);
      plantADifference(ranks, Vector.PARAMETERS, PARAMETERS);
      assertThatThrownBy(() -> network.readParameters(new float[PARAMETERS]))
          .isInstanceOf(WorkersLostException.class)
          .hasMessageContaining("different parameters (checksums");
    }
  }

  @Test
  void aDifferentAverageIsFoundWithin100Iterations() {
    RankGroup ranks = group(new LocalWorkers());
    try (ClusterNetwork network = network(ranks)) {
      network.train(TEXT, 0.01, 0);
      plantADifference(ranks, Vector.AVERAGES, 2 * PARAMETERS);
      for (int iteration = 1; iteration < 99; iteration++) {
        // The gradient is the same on both.
        network.train(TEXT, 0, iteration);
      }
      assertThatThrownBy(() -> network.train(TEXT, 0, 99))
          .isInstanceOf(WorkersLostException.class)
          .hasMessageContaining("different parameters (checksums");
    }
  }

  /** Workers of an older program, for example, do not know all keys. */
  @Test
  void aConfigurationThatAWorkerRefusesIsNotTriedAgain() {
    assertThatThrownBy(
            () -> RankGroup.start(new LocalWorkers(), 2, 1, "novel: 1\n", VOCABULARY, PARAMETERS))
        .isInstanceOfSatisfying(ClusterException.class, e -> assertThat(e.isTransient()).isFalse())
        .hasMessageContainingAll("worker 0 (127.0.0.1): ", "novel");
  }

  /** The same part of the network would not fit next time either. */
  @Test
  void aWorkerThatIsOutOfMemoryIsNotTriedAgain() {
    RankGroup ranks = group(new LocalWorkers());
    try (ClusterNetwork network = network(ranks)) {
      assertThat(network).isNotNull();
      ranks.tellAll(
          Commands.TRAIN,
          20,
          (rank, to) -> to.putInt(0).putDouble(0.01).putInt(Integer.MAX_VALUE).putInt(1));
      assertThatThrownBy(ranks::checksums)
          .isInstanceOf(ClusterException.class)
          .hasMessageContainingAll("worker 0 (127.0.0.1): out of memory (", "--executor-memory");
    }
  }

  /** Strangers connect before the workers do. */
  private static final class Besieged implements WorkerLauncher {
    private final List<Socket> strangers = new ArrayList<>();
    private Invitation invitation;

    @Override
    public Optional<String> obstacle() {
      return Optional.empty();
    }

    @Override
    public String prepare(int workers, int threads) {
      return "127.0.0.1";
    }

    @Override
    public Launched launch(int workers, int threads, Invitation real) {
      invitation = real;
      try {
        connect(50, new byte[0]); // and say nothing
        connect(10, new byte[] {1, 2, 3});
        byte[] noise = new byte[5_000];
        new Random(1).nextBytes(noise);
        connect(20, noise);
        connect(20, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(20).getBytes(UTF_8));
        String wrong = Handshake.withNewSecret(false).secret();
        assertThatThrownBy(
                () -> new Handshake(wrong, false).connectOnce(real.host(), real.port(), 0, 0))
            .isInstanceOf(IOException.class);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return new LocalWorkers().launch(workers, threads, real);
    }

    private void connect(int count, byte[] bytes) throws IOException {
      for (int i = 0; i < count; i++) {
        Socket socket = new Socket(invitation.host(), invitation.port());
        strangers.add(socket);
        try {
          OutputStream out = socket.getOutputStream();
          out.write(bytes);
          out.flush();
        } catch (IOException e) {
          // already closed
        }
      }
    }
  }

  @Test
  void strangersAreClosedAndTrainingStarts() throws IOException {
    Besieged besieged = new Besieged();
    RankGroup ranks = group(besieged);
    try (ClusterNetwork network = network(ranks)) {
      Engine.Step step = network.train(TEXT, 0.01, 0);
      assertThat(step.loss()).isBetween(1.0, 3.0);
      assertThatThrownBy(
              () -> new Socket(besieged.invitation.host(), besieged.invitation.port()).close())
          .as("nobody else can join")
          .isInstanceOf(IOException.class);
    }
    for (Socket stranger : besieged.strangers) {
      stranger.close();
    }
  }

  @Test
  void theSecretIsNotShown() {
    Invitation invitation = new Invitation("host", 1, "0123456789abcdef", true);
    assertThat(invitation.toString() + new Handshake(invitation.secret(), true))
        .doesNotContain(invitation.secret());
  }
}
