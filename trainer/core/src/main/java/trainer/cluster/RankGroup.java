package trainer.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import trainer.cluster.Commands.Message;
import trainer.cluster.Commands.Vector;
import trainer.cluster.WorkerLauncher.Launched;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.text.Segment;

/** Ranks on the machines of a cluster, as the driver sees them. */
final class RankGroup implements Ranks {
  /** For machines that are starting, or busy with another program. */
  private static final long JOIN_MILLISECONDS = 180_000;

  private static final long CLOSE_MILLISECONDS = 5_000;
  private static final long POLL_MILLISECONDS = 200;

  private final Launched launched;
  private final Member[] members;
  private final boolean encrypted;
  private String arithmetic;

  /** One rank. */
  private static final class Member implements Link.Receiver {
    private static final byte LOST = -1;

    private final int number;
    private final Link link;
    private final String host;
    private final int port;
    private final BlockingQueue<Message> answers = new LinkedBlockingQueue<>();
    private String failure; // null: it may answer
    private boolean lasting; // the failure

    Member(Handshake.Guest guest) throws IOException {
      number = guest.rank();
      Socket socket = guest.connection().socket();
      host = socket.getInetAddress().getHostAddress();
      port = guest.port();
      link = new Link(guest.connection(), Rank.LONGEST, this);
      link.start("driver-" + number);
    }

    @Override
    public void received(byte type, ByteBuffer payload) {
      answers.add(Message.copy(type, payload));
    }

    @Override
    public void lost(IOException reason) {
      answers.add(new Message(LOST, null));
    }

    /**
     * @throws WorkersLostException if the worker is lost, or failed for now
     * @throws ClusterException if it would fail again
     */
    ByteBuffer answer() {
      if (failure == null) {
        Message answer = uninterrupted(answers);
        if (answer.type() == Commands.RESULT) {
          return answer.payload();
        }
        boolean failed = answer.type() == Commands.FAILED;
        lasting = failed && answer.payload().get() != 0;
        failure = failed ? Commands.text(answer.payload()) : Link.words(link.failure());
      }
      String message = "worker %d (%s): %s".formatted(number, host, failure);
      throw lasting ? new ClusterException(message) : new WorkersLostException(message);
    }

    private static Message uninterrupted(BlockingQueue<Message> messages) {
      boolean interrupted = false;
      try {
        while (true) {
          try {
            return messages.take();
          } catch (InterruptedException e) {
            interrupted = true;
          }
        }
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }

  private RankGroup(Launched launched, Member[] members, boolean encrypted) {
    this.launched = launched;
    this.members = members;
    this.encrypted = encrypted;
  }

  /**
   * Starts workers and waits until they are ready.
   *
   * @param threads of each; 0: all cores that it gets
   * @param configuration of the run, as YAML
   * @param parameters number of them
   * @throws WorkersLostException if they do not come
   * @throws ClusterException if their processors compute differently, or one cannot do its part
   */
  static RankGroup start(
      WorkerLauncher launcher,
      int workers,
      int threads,
      String configuration,
      int vocabulary,
      int parameters) {
    String host = launcher.prepare(workers, threads);
    RankGroup group = started(launcher, host, workers, threads);
    try {
      group.join(configuration, vocabulary, parameters);
      return group;
    } catch (RuntimeException e) {
      group.close();
      throw e;
    }
  }

  /** Starts workers, and listens until all have come. */
  private static RankGroup started(WorkerLauncher launcher, String host, int workers, int threads) {
    Handshake handshake = Handshake.withNewSecret(launcher.demandsEncryption());
    try (Listener listener = new Listener(InetAddress.getByName(host), handshake)) {
      Invitation invitation =
          new Invitation(host, listener.port(), handshake.secret(), handshake.encrypts());
      RankGroup group =
          new RankGroup(
              launcher.launch(workers, threads, invitation),
              new Member[workers],
              handshake.encrypts());
      try {
        group.welcome(listener);
        return group;
      } catch (RuntimeException | IOException | InterruptedException e) {
        group.close();
        throw e;
      }
    } catch (IOException e) {
      throw new WorkersLostException("workers cannot reach " + host + ": " + Link.words(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WorkersLostException("interrupted while workers started");
    }
  }

  private void welcome(Listener listener) throws IOException, InterruptedException {
    long end = System.nanoTime() + JOIN_MILLISECONDS * 1_000_000;
    for (int present = 0; present < members.length; ) {
      Handshake.Guest guest = listener.next(POLL_MILLISECONDS);
      if (guest != null) {
        int number = guest.rank();
        if (number < 0 || number >= members.length) {
          Link.close(guest.connection().socket());
          continue;
        }
        if (members[number] == null) {
          present++;
        } else {
          members[number].link.close(); // its task was tried again
        }
        members[number] = new Member(guest);
      }
      if (launched.failure().isPresent()) {
        throw new WorkersLostException("workers did not start: " + launched.failure().get());
      }
      if (System.nanoTime() > end) {
        throw new WorkersLostException(
            "%d of %d workers joined within %d s: the cluster has no room for the others now, or"
                    .formatted(present, members.length, JOIN_MILLISECONDS / 1000)
                + " they cannot reach this machine");
      }
    }
  }

  private void join(String configuration, int vocabulary, int parameters) {
    int addresses =
        Arrays.stream(members).mapToInt(member -> Commands.bytes(member.host) + 4).sum();
    List<String> answers =
        askAll(
            Commands.JOIN,
            4 + addresses + Commands.bytes(configuration) + 8,
            (rank, to) -> {
              to.putInt(members.length);
              for (Member member : members) {
                Commands.put(to, member.host);
                to.putInt(member.port);
              }
              Commands.put(to, configuration);
              to.putInt(vocabulary).putInt(parameters);
            },
            Commands::text);
    Set<String> arithmetics = new HashSet<>(answers);
    if (arithmetics.size() > 1) {
      throw new ClusterException(
          "compute.workers: the workers compute differently (%s), so results would depend on who"
                  .formatted(String.join("; ", arithmetics))
              + " trains which lanes; use machines with the same kind of processor");
    }
    arithmetic = arithmetics.iterator().next();
  }

  @Override
  public String name() {
    return "workers";
  }

  @Override
  public String description() {
    return arithmetic + (encrypted ? ", encrypted connections" : "");
  }

  @Override
  public int size() {
    return members.length;
  }

  @Override
  public List<Engine.Step> compute(
      boolean update, List<Segment> shares, double learningRate, int iteration) {
    Segment first = shares.get(0);
    return askAll(
        update ? Commands.TRAIN : Commands.GRADIENT,
        12 + Commands.bytes(first.length(), first.lanes()),
        (rank, to) -> {
          to.putInt(iteration).putDouble(learningRate);
          Commands.put(to, shares.get(rank));
        },
        answer -> new Engine.Step(answer.getDouble(), answer.getDouble()));
  }

  @Override
  public List<CarriedState> states() {
    return askAll(Commands.STATE, 0, (rank, to) -> {}, Commands::state);
  }

  @Override
  public void states(List<CarriedState> shares) {
    tellAll(
        Commands.SET_STATE,
        Commands.bytes(shares.get(0)),
        (rank, to) -> Commands.put(to, shares.get(rank)));
  }

  @Override
  public float[] read(Vector which) {
    members[0].link.send(Commands.READ, 1, which::put);
    return Commands.floats(members[0].answer());
  }

  @Override
  public void write(Vector which, float[] vector) {
    tellAll(
        Commands.WRITE,
        1 + Float.BYTES * vector.length,
        (rank, to) -> {
          which.put(to);
          Commands.put(to, vector);
        });
  }

  @Override
  public List<Long> checksums() {
    return askAll(Commands.CHECKSUM, 0, (rank, to) -> {}, ByteBuffer::getLong);
  }

  /** Writes the payload for one rank. */
  interface PayloadFor {
    void write(int rank, ByteBuffer to);
  }

  /** Tells all ranks something that they do not answer. */
  void tellAll(byte command, int length, PayloadFor payload) {
    for (int rank = 0; rank < members.length; rank++) {
      int to = rank;
      members[rank].link.send(command, length, buffer -> payload.write(to, buffer));
    }
  }

  /** Asks all ranks, and reads their answers: a rank that fails makes others fail for now. */
  private <T> List<T> askAll(
      byte command, int length, PayloadFor payload, Function<ByteBuffer, T> answer) {
    tellAll(command, length, payload);
    List<T> answers = new ArrayList<>();
    WorkersLostException lost = null;
    for (Member member : members) {
      try {
        answers.add(answer.apply(member.answer()));
      } catch (WorkersLostException e) {
        lost = lost == null ? e : lost;
      }
    }
    if (lost != null) {
      throw lost;
    }
    return answers;
  }

  @Override
  public void close() {
    long end = System.nanoTime() + CLOSE_MILLISECONDS * 1_000_000;
    for (Member member : members) {
      if (member != null) {
        member.link.send(Commands.CLOSE, 0, to -> {});
      }
    }
    for (Member member : members) {
      while (member != null && member.link.failure() == null && System.nanoTime() < end) {
        try {
          Thread.sleep(5);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          end = 0;
        }
      }
      if (member != null) {
        member.link.close();
      }
    }
    launched.close();
  }
}
