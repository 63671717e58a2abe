package trainer.cluster;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import trainer.cluster.Commands.Message;
import trainer.cluster.Commands.Vector;
import trainer.config.Compute;
import trainer.config.Compute.Precision;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.engine.Allreduce;
import trainer.engine.Engine;
import trainer.file.TrainerException;
import trainer.network.EngineProvider;

/**
 * One of the ranks that train a network together: does what the driver says until the run ends. It
 * has no files and no text.
 */
public final class Rank implements AutoCloseable {
  static final int LONGEST = 1 << 30; // bytes of a command or an answer
  private static final long MESH_MILLISECONDS = 30_000;
  private static final String MEMORY =
      "give each worker more with spark-submit --executor-memory, or lower training.batch_size,"
          + " training.sequence_length or the size of the layers; the same command then resumes";

  private final Handshake handshake;
  private final int number;
  private final int threads;
  private final BlockingQueue<Message> commands = new LinkedBlockingQueue<>();
  private final Link driver;
  private final Listener listener;
  private volatile Mesh mesh; // null before the ranks know each other
  private Replica replica; // likewise

  private Rank(Invitation invitation, int number, int threads)
      throws IOException, InterruptedException {
    handshake = new Handshake(invitation.secret(), invitation.encrypted());
    this.number = number;
    this.threads = threads;
    String host = invitation.host();
    try (DatagramSocket route = new DatagramSocket()) {
      // Others reach this machine where it reaches the driver. Nothing is sent.
      route.connect(new InetSocketAddress(host, invitation.port()));
      listener = new Listener(route.getLocalAddress(), handshake);
    }
    Connection connection;
    try {
      connection = handshake.connect(host, invitation.port(), number, listener.port());
    } catch (IOException | InterruptedException e) {
      listener.close();
      throw e;
    }
    driver =
        new Link(
            connection,
            LONGEST,
            new Link.Receiver() {
              @Override
              public void received(byte type, ByteBuffer payload) {
                commands.add(Message.copy(type, payload));
              }

              @Override
              public void lost(IOException reason) {
                commands.add(new Message(Commands.CLOSE, null));
                Mesh present = mesh;
                if (present != null) {
                  present.close();
                }
              }
            });
    driver.start("rank-" + number);
  }

  /**
   * Joins a run, and returns when the driver ends it or is lost.
   *
   * @param number from 0; no other worker of the invitation has it
   * @param threads of the engine
   * @throws IOException if the driver cannot be reached
   */
  public static void run(Invitation invitation, int number, int threads)
      throws IOException, InterruptedException {
    try (Rank rank = new Rank(invitation, number, threads)) {
      rank.work();
    }
  }

  private void work() throws InterruptedException {
    try {
      for (Message command = commands.take();
          command.type() != Commands.CLOSE;
          command = commands.take()) {
        execute(command.type(), command.payload());
      }
    } catch (IOException | RuntimeException | Error e) {
      if (mesh != null) {
        mesh.close(); // the others wait for this one
      }
      boolean tooLarge = e instanceof OutOfMemoryError; // again at the next try
      String reason =
          tooLarge
              ? "out of memory (%s): %s".formatted(e.getMessage(), MEMORY)
              : e.getMessage() == null ? e.toString() : e.getMessage();
      boolean lasting = tooLarge || (e instanceof TrainerException known && !known.isTransient());
      driver.send(
          Commands.FAILED,
          1 + Commands.bytes(reason),
          payload -> Commands.put(payload.put((byte) (lasting ? 1 : 0)), reason));
      while (commands.take().type() != Commands.CLOSE) {
        // the driver ends the run
      }
    }
  }

  private void execute(byte type, ByteBuffer payload) throws IOException, InterruptedException {
    switch (type) {
      case Commands.JOIN -> join(payload);
      case Commands.TRAIN -> {
        int iteration = payload.getInt();
        double rate = payload.getDouble();
        answer(replica.network().train(Commands.segment(payload), rate, iteration));
      }
      case Commands.GRADIENT -> {
        int iteration = payload.getInt();
        payload.getDouble();
        answer(replica.network().gradient(Commands.segment(payload), iteration));
      }
      case Commands.READ -> {
        float[] vector = replica.read(Vector.of(payload));
        driver.send(Commands.RESULT, Float.BYTES * vector.length, to -> Commands.put(to, vector));
      }
      case Commands.WRITE -> replica.write(Vector.of(payload), Commands.floats(payload));
      case Commands.STATE -> {
        var state = replica.network().carriedState();
        driver.send(Commands.RESULT, Commands.bytes(state), to -> Commands.put(to, state));
      }
      case Commands.SET_STATE -> replica.network().carriedState(Commands.state(payload));
      case Commands.CHECKSUM -> {
        long sum = replica.checksum();
        driver.send(Commands.RESULT, Long.BYTES, to -> to.putLong(sum));
      }
      default -> throw new IOException("an unknown command " + type);
    }
  }

  private void answer(Engine.Step step) {
    driver.send(
        Commands.RESULT,
        2 * Double.BYTES,
        to -> to.putDouble(step.loss()).putDouble(step.gradientNorm()));
  }

  private void join(ByteBuffer payload) throws IOException, InterruptedException {
    String[] hosts = new String[payload.getInt()];
    int[] ports = new int[hosts.length];
    for (int rank = 0; rank < hosts.length; rank++) {
      hosts[rank] = Commands.text(payload);
      ports[rank] = payload.getInt();
    }
    Configuration configuration =
        ConfigurationLoader.parse(Commands.text(payload), "run", List.of());
    int vocabulary = payload.getInt();
    int parameters = payload.getInt();
    mesh = mesh(hosts, ports);
    if (driver.failure() != null) {
      mesh.close(); // lost before it could be told
    }
    Compute compute = configuration.compute().withThreads(threads);
    EngineProvider provider = provider(compute.engine());
    provider
        .obstacle(compute)
        .ifPresent(
            obstacle -> {
              throw new ClusterException(
                  compute.precision() == Precision.BFLOAT16
                      ? obstacle + "; train with --set compute.precision=float32"
                      : obstacle);
            });
    EngineProvider.Rank rank =
        provider
            .rank(configuration, vocabulary, compute, hosts.length == 1 ? Allreduce.ALONE : mesh)
            .orElseThrow();
    replica = new Replica(rank.network(), parameters);
    driver.send(
        Commands.RESULT,
        Commands.bytes(rank.arithmetic()),
        to -> Commands.put(to, rank.arithmetic()));
  }

  private static EngineProvider provider(Compute.EngineType type) {
    return ServiceLoader.load(EngineProvider.class, Rank.class.getClassLoader()).stream()
        .map(ServiceLoader.Provider::get)
        .filter(provider -> provider.type() == type)
        .findFirst()
        .orElseThrow();
  }

  /** Connects to the ranks below, and waits for those above. */
  private Mesh mesh(String[] hosts, int[] ports) throws IOException, InterruptedException {
    Connection[] connections = new Connection[hosts.length];
    try (listener) {
      for (int lower = 0; lower < number; lower++) {
        connections[lower] = handshake.connect(hosts[lower], ports[lower], number, 0);
      }
      long end = System.nanoTime() + MESH_MILLISECONDS * 1_000_000;
      for (int left = hosts.length - 1 - number; left > 0; ) {
        Handshake.Guest guest = listener.next((end - System.nanoTime()) / 1_000_000);
        if (guest == null) {
          throw new IOException("the other workers did not connect to this one");
        }
        if (guest.rank() > number
            && guest.rank() < hosts.length
            && connections[guest.rank()] == null) {
          connections[guest.rank()] = guest.connection();
          left--;
        } else {
          Link.close(guest.connection().socket());
        }
      }
      return new Mesh(number, connections);
    } catch (IOException | InterruptedException e) {
      for (Connection connection : connections) {
        if (connection != null) {
          Link.close(connection.socket());
        }
      }
      throw e;
    }
  }

  @Override
  public void close() {
    driver.close();
    listener.close();
    if (mesh != null) {
      mesh.close();
    }
    if (replica != null) {
      replica.close();
    }
  }
}
