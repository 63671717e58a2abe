package trainer.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import trainer.cluster.Commands.Message;
import trainer.cluster.WorkerLauncher.Launched;

/** The ranks of a run, as the driver sees them. Once one is lost, every call fails. */
final class RankGroup implements AutoCloseable {
  /** For machines that are starting, or busy with another program. */
  private static final long JOIN_MILLISECONDS = 180_000;

  private static final long CLOSE_MILLISECONDS = 5_000;
  private static final long POLL_MILLISECONDS = 200;
  private static final int LONGEST = 1 << 30; // bytes of an answer

  private final Launched launched;
  private final Member[] members;
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

    Member(Handshake.Guest guest) throws IOException {
      number = guest.rank();
      Socket socket = guest.socket();
      host = socket.getInetAddress().getHostAddress();
      port = guest.port();
      link = new Link(socket, LONGEST, this);
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

    ByteBuffer answer() {
      if (failure == null) {
        Message answer = uninterrupted(answers);
        if (answer.type() == Commands.RESULT) {
          return answer.payload();
        }
        failure =
            answer.type() == Commands.FAILED
                ? Commands.text(answer.payload())
                : Link.words(link.failure());
      }
      throw new WorkersLostException("worker %d (%s): %s".formatted(number, host, failure));
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

  private RankGroup(Launched launched, Member[] members) {
    this.launched = launched;
    this.members = members;
  }

  /**
   * Starts workers and waits until they are ready.
   *
   * @param threads of each; 0: all cores that it gets
   * @param configuration of the run, as YAML
   * @param parameters number of them
   * @throws WorkersLostException if they do not come
   * @throws ClusterException if their processors compute differently
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
    Handshake handshake = Handshake.withNewSecret();
    try (Listener listener = new Listener(InetAddress.getByName(host), handshake)) {
      Invitation invitation = new Invitation(host, listener.port(), handshake.secret());
      RankGroup group =
          new RankGroup(launcher.launch(workers, threads, invitation), new Member[workers]);
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
          Link.close(guest.socket());
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
    ByteBuffer[] answers =
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
            });
    Set<String> arithmetics = new HashSet<>();
    for (ByteBuffer answer : answers) {
      arithmetics.add(Commands.text(answer));
    }
    if (arithmetics.size() > 1) {
      throw new ClusterException(
          "compute.workers: the workers compute differently (%s), so results would depend on who"
                  .formatted(String.join("; ", arithmetics))
              + " trains which lanes; use machines with the same kind of processor");
    }
    arithmetic = arithmetics.iterator().next();
  }

  /** What the ranks compute with. */
  String arithmetic() {
    return arithmetic;
  }

  int size() {
    return members.length;
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

  /** Asks all ranks, and returns their answers. */
  ByteBuffer[] askAll(byte command, int length, PayloadFor payload) {
    tellAll(command, length, payload);
    return Arrays.stream(members).map(Member::answer).toArray(ByteBuffer[]::new);
  }

  /** Asks the first rank, for what is the same on all. */
  ByteBuffer askOne(byte command, int length, Link.Payload payload) {
    members[0].link.send(command, length, payload);
    return members[0].answer();
  }

  /** Ends the ranks. */
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
