package trainer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import trainer.disk.Operation;
import trainer.disk.WatchedFileSystem;
import trainer.file.AtomicFile;
import trainer.file.FileException;

@Tag("slow")
class RunDirectoryTest {
  @TempDir Path directory;

  @Test
  void isMadeWithItsParents() {
    RunDirectory run = new RunDirectory(directory.resolve("models/a/b"));
    try (RunLock lock = run.open()) {
      assertThat(run.checkpoints()).isDirectory();
      assertThat(run.lock())
          .content()
          .matches("host \\S+, process " + ProcessHandle.current().pid() + "\n");
      assertThat(lock).isNotNull();
      AtomicFile.write(run.config(), "name: a");
    }
    assertThat(run.holdsRun()).isTrue();
    assertThat(run.checkpoints()).isDirectory();
    assertThat(run.lock()).isEmptyFile();
  }

  @Test
  void aRunThatNeverBeganLeavesNothing() throws IOException {
    RunDirectory run = new RunDirectory(directory.resolve("run"));
    run.open().close();
    assertThat(run.path()).doesNotExist();

    Files.createDirectory(run.path());
    run.open().close();
    assertThat(run.path()).isEmptyDirectory();

    Files.createFile(run.corpus());
    run.open().close();
    assertThat(run.path().toFile().list()).containsExactly("corpus.bin");
    assertThat(run.holdsRun()).isFalse();
  }

  @Test
  void aLockThatCannotBeWrittenLeavesNothing() {
    Path full =
        WatchedFileSystem.watch(
            directory.resolve("run"),
            operation -> {
              if (operation instanceof Operation.Write) {
                throw new IOException("No space left on device");
              }
            });
    assertThatExceptionOfType(FileException.class)
        .isThrownBy(() -> new RunDirectory(full).open())
        .withMessageContaining("No space left");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void aStartThatWasKilledIsNoRun() throws IOException {
    RunDirectory run = new RunDirectory(directory.resolve("run"));
    Files.createDirectories(run.checkpoints());
    Files.createFile(run.lock());
    assertThat(run.holdsRun()).isFalse();
    run.open().close();
    assertThat(run.path()).isEmptyDirectory();
  }

  /** Each process may find a lock file that another is removing. */
  @Test
  void onlyOneProcessHoldsADirectoryThatIsRepeatedlyRemoved() throws Exception {
    RunDirectory run = new RunDirectory(directory.resolve("run"));
    Path held = directory.resolve("held");
    Process[] others = new Process[3];
    for (int i = 0; i < others.length; i++) {
      others[i] = process(LockContender.class, run.path().toString(), held.toString());
    }
    for (Process other : others) {
      try (BufferedReader answer = other.inputReader(StandardCharsets.UTF_8)) {
        assertThat(answer.readLine()).matches("held [1-9][0-9]* times");
      } finally {
        other.destroyForcibly().waitFor();
      }
    }
    assertThat(run.lock()).doesNotExist();
  }

  @Test
  void aSecondTrainerInThisProcessIsRefusedAndTheFirstKeepsItsLock() throws Exception {
    RunDirectory run = new RunDirectory(directory.resolve("run"));
    try (RunLock lock = run.open()) {
      assertThatExceptionOfType(RunException.class)
          .isThrownBy(run::open)
          .withMessage(
              "%s: another trainer is writing here (this process): wait for it, stop it, or"
                  + " name another run directory with --output",
              run.path());
      assertThat(lock).isNotNull();
      Process other = other(run);
      try (BufferedReader answer = other.inputReader(StandardCharsets.UTF_8)) {
        assertThat(answer.readLine())
            .startsWith(run.path() + ": another trainer is writing here (host ")
            .contains(", process " + ProcessHandle.current().pid() + "): wait for it");
      }
      other.waitFor();
    }
    run.open().close();
  }

  @Test
  void anotherProcessIsRefusedWhileItLivesAndNotAfterItWasKilled() throws Exception {
    RunDirectory run = new RunDirectory(directory.resolve("run"));
    Process other = other(run);
    try {
      BufferedReader answer =
          new BufferedReader(new InputStreamReader(other.getInputStream(), StandardCharsets.UTF_8));
      assertThat(answer.readLine()).isEqualTo("locked");
      assertThatExceptionOfType(RunException.class)
          .isThrownBy(run::open)
          .withMessageContaining(": another trainer is writing here (host ")
          .withMessageContaining(", process " + other.pid() + ")");
    } finally {
      other.destroyForcibly().waitFor();
    }
    run.open().close();
  }

  /** Digits of the locale and the host name may be non-ASCII. */
  @Test
  @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aHolderWhoseNameIsNotAsciiTakesTheLock() throws Exception {
    RunDirectory run = new RunDirectory(directory.resolve("run"));
    Process other =
        process(
            List.of("-Duser.language=ar", "-Duser.country=EG"),
            LockHolder.class,
            run.path().toString());
    try (BufferedReader answer = other.inputReader(StandardCharsets.UTF_8)) {
      assertThat(answer.readLine()).isEqualTo("locked");
    } finally {
      other.destroyForcibly().waitFor();
    }
  }

  /**
   * As on a file system without locks, or after this machine was disconnected from one with locks.
   */
  @Test
  void aDirectoryTakenOverBelongsToTheNewHolder() throws IOException {
    RunDirectory run = new RunDirectory(directory.resolve("run"));
    String other = "host elsewhere, process 7\n";
    try (RunLock lock = run.open()) {
      lock.requireHeld();
      assertThat(lock.isHeld()).isTrue();
      Files.writeString(run.lock(), other);
      assertThat(lock.isHeld()).isFalse();
      assertThatExceptionOfType(RunException.class)
          .isThrownBy(lock::requireHeld)
          .withMessage(
              "%s: is no longer locked by this trainer (host elsewhere, process 7): this machine lost"
                  + " the file system for a while, or it does not support locks; let the other trainer"
                  + " continue, or start over",
              run.path());
    }
    assertThat(run.lock()).hasContent(other);
    assertThat(run.checkpoints()).isDirectory();
  }

  private static Process other(RunDirectory run) throws IOException {
    return process(LockHolder.class, run.path().toString());
  }

  private static Process process(Class<?> main, String... arguments) throws IOException {
    return process(List.of(), main, arguments);
  }

  private static Process process(List<String> javaOptions, Class<?> main, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(javaOptions);
    command.addAll(List.of("-Xmx64m", "-cp", System.getProperty("java.class.path")));
    command.add(main.getName());
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  @Test
  void aFileInPlaceOfADirectory() throws IOException {
    RunDirectory run = new RunDirectory(Files.createFile(directory.resolve("run")));
    assertThatExceptionOfType(FileException.class)
        .isThrownBy(run::open)
        .withMessage(
            "%s: cannot be created (a file of that name exists): name another run directory"
                + " with --output",
            run.path());
  }

  @Test
  void aFileWhereTheCheckpointsGo() throws IOException {
    RunDirectory run = new RunDirectory(directory);
    Files.createFile(run.checkpoints());
    assertThatExceptionOfType(FileException.class)
        .isThrownBy(run::open)
        .withMessage(
            "%s: cannot be created (a file of that name exists): name another run directory"
                + " with --output",
            run.checkpoints());
    Files.delete(run.checkpoints());
    run.open().close();
  }

  @Test
  void aReadOnlyFileSystem() {
    Path runtime = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules/run");
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(new RunDirectory(runtime)::open)
        .withMessage(
            "/modules/run: cannot be created (read-only file system): name another run directory with"
                + " --output");
  }

  @Test
  void checkpointsElsewhereAreRefused() throws IOException {
    RunDirectory run = new RunDirectory(directory);
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    Files.createSymbolicLink(run.checkpoints(), elsewhere);
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(run::open)
        .withMessage(
            "%s: is a symbolic link, and a run writes only inside its directory: put the"
                + " whole run there with --output",
            run.checkpoints());
    assertThat(run.checkpoints()).isSymbolicLink();
  }

  @Test
  void aLockThatIsADirectory() throws IOException {
    RunDirectory run = new RunDirectory(directory);
    Files.createDirectory(run.lock());
    assertThatExceptionOfType(FileException.class)
        .isThrownBy(run::open)
        .withMessageStartingWith(
            run.lock() + ": cannot be locked (a directory of that name exists): ");
  }

  @Test
  void foreignFilesAreNotWrittenAmong() throws IOException {
    Path home = Files.createDirectory(directory.resolve("home"));
    RunDirectory run = new RunDirectory(home);
    assertThat(run.holdsRun()).isFalse();
    Files.createFile(home.resolve(".hidden"));
    assertThat(run.holdsRun()).isFalse();
    Files.createFile(home.resolve("thesis.tex"));
    assertThatExceptionOfType(RunException.class)
        .isThrownBy(run::holdsRun)
        .withMessage(
            "%s: is not a run directory (it contains thesis.tex and no config.yml): name another with"
                + " --output",
            home);
    Files.createFile(run.config());
    assertThat(run.holdsRun()).isTrue();
  }
}
