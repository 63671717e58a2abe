package trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import trainer.machine.Machine;
import trainer.machine.Machine.Answer;
import trainer.machine.Network;

/**
 * Two machines that share a run directory over NFS, served by one of them. Enabled by {@code
 * -Dmachines=true}; needs User-mode Linux and an NFS server.
 */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
@Tag("slow")
final class SharedFileSystemTest {
  private static final String SERVER = "10.0.0.1";
  private static final String RUN = "/mnt/run/run";

  @TempDir private static Path temporary;
  private static LongJob job;
  private static Network network;
  private static TrainerMachine server;
  private TrainerMachine other;

  @BeforeAll
  static void serve() throws IOException {
    TrainerMachine.assumeWanted();
    job = LongJob.train(temporary);
    network = Network.open(temporary);
    server = boot("server", SERVER);
    Answer answer = server.machine().run("sh " + Machine.script("nfs-server.sh"));
    assumeTrue(
        answer.exitCode() == 0,
        "not tested without an NFS server: apt-get install nfs-kernel-server: " + answer.output());
  }

  private static TrainerMachine boot(String name, String address) throws IOException {
    return job.on(Machine.boot(name, address, network, temporary));
  }

  @AfterAll
  static void end() {
    if (server != null) {
      server.close();
    }
    if (network != null) {
      network.close();
    }
  }

  @AfterEach
  void powerOff() throws IOException {
    if (other != null) {
      other.close();
      server.machine().require("umount -f -l /mnt/run; rm -rf /mnt/export/*/*");
    }
  }

  /** A folder of the server, mounted on both machines. */
  private void mount(String folder, String options) throws IOException {
    other = boot("other", "10.0.0.2");
    other.machine().require("rpcbind -w && rpc.statd --no-notify"); // for the locks of NFS 3
    String path = (options.startsWith("vers=4") ? "/" : "/mnt/export/") + folder;
    for (TrainerMachine trainer : List.of(server, other)) {
      trainer
          .machine()
          .require("mount -t nfs -o %s %s:%s /mnt/run".formatted(options, SERVER, path));
    }
  }

  private static void assertDone(Answer answer) throws IOException {
    assertThat(answer.exitCode()).as(answer.output()).isZero();
    job.assertSame(server.copy(RUN));
  }

  private static void assertRefused(Answer answer, String reason) {
    assertThat(answer.exitCode()).as(answer.output()).isEqualTo(1);
    assertThat(answer.output()).contains("error: " + RUN + ": " + reason);
  }

  @ParameterizedTest
  @ValueSource(strings = {"vers=4.2", "vers=3"})
  void aSecondTrainerIsRefusedWhileTheFirstLivesAndNotAfterItWasKilled(String version)
      throws IOException {
    mount("large", version);
    other.start(RUN);
    other.signal("STOP"); // must not end in the meantime
    assertRefused(server.train(RUN), "another trainer is writing here (host other, process ");
    other.signal("KILL");
    Answer again = server.train(RUN);
    assertThat(again.output()).contains("(resuming at iteration ");
    assertDone(again);
  }

  /** The next run is refused for the NFS 4 lease time. */
  @Test
  void aTrainerWhoseMachineWasAwayForTooLongLeavesTheRunToTheNext() throws IOException {
    mount("large", "vers=4.2");
    other.start(RUN);
    other.machine().pause();
    server.trainOnceAllowed(RUN);
    other.machine().resume();
    assertRefused(other.end(), "is no longer locked by this trainer (");
    job.assertSame(server.copy(RUN));
  }

  /** NFS 4 releases the lock with the lease; NFS 3 when the machine reboots, or by hand. */
  @ParameterizedTest
  @ValueSource(strings = {"vers=4.2", "vers=3"})
  void aRunResumesElsewhereAfterItsMachineDied(String version) throws IOException {
    mount("large", version);
    other.start(RUN);
    other.close();
    if (version.equals("vers=3")) {
      assertRefused(server.train(RUN), "another trainer is writing here (host other, process ");
      server.machine().require("echo /mnt/export/large > /proc/fs/nfsd/unlock_filesystem");
    }
    server.trainOnceAllowed(RUN);
    job.assertSame(server.copy(RUN));
  }

  @Test
  void withoutLocksTheFirstLeavesTheRunToTheSecond() throws IOException {
    mount("large", "vers=3,nolock");
    other.start(RUN);
    Answer second = server.train(RUN);
    assertRefused(other.end(), "is no longer locked by this trainer (host server, process ");
    assertDone(second);
  }

  @ParameterizedTest
  @ValueSource(strings = {"vers=4.2", "vers=3"})
  void theServersDiskIsFullForAWhile(String version) throws IOException {
    mount("small", version);
    other.start(RUN);
    server.machine().run("cat /dev/zero > /mnt/export/small/ballast");
    other.awaitLog("training continues");
    server.machine().require("rm /mnt/export/small/ballast");
    Answer answer = other.end();
    assertThat(answer.output()).containsOnlyOnce("training continues");
    assertDone(answer);
  }
}
