package trainer.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** trainer.jar on a standalone Spark cluster: a master and two workers, each a process. */
@Tag("slow")
final class SparkClusterTest {
  private static final Path JAR =
      Path.of(System.getProperty("trainer.jar", "../../trainer.jar")).toAbsolutePath().normalize();
  private static final String JAVA =
      Path.of(System.getProperty("java.home"), "bin", "java").toString();
  private static final String SPARK_SUBMIT = "org.apache.spark.deploy.SparkSubmit";
  private static final Path CONFIGURATION = Path.of("../../configs/tiny.yml").toAbsolutePath();

  /** What spark-submit adds on Java 17. */
  private static final List<String> OPENED =
      Stream.of(
              "java.lang",
              "java.lang.invoke",
              "java.lang.reflect",
              "java.io",
              "java.net",
              "java.nio",
              "java.util",
              "java.util.concurrent",
              "java.util.concurrent.atomic",
              "sun.nio.ch",
              "sun.nio.cs",
              "sun.security.action",
              "sun.util.calendar")
          .map("--add-opens=java.base/%s=ALL-UNNAMED"::formatted)
          .toList();

  /** Spark encrypts what its processes send to each other. */
  private static final List<String> ENCRYPTED =
      List.of(
          "-Dspark.authenticate=true",
          "-Dspark.authenticate.secret=0123456789abcdef0123456789abcdef",
          "-Dspark.network.crypto.enabled=true");

  private static final String QUICK_START = "-XX:TieredStopAtLevel=1";

  /** Tag of what is measured: each worker on a core of its own, as fast as it can be. */
  private static final String MEASURED = "measured";

  @TempDir private Path folder;
  private final List<Process> started = new ArrayList<>();
  private Path spark;
  private String master;
  private boolean measured;

  @BeforeEach
  void start(TestInfo test) throws IOException, InterruptedException {
    measured = test.getTags().contains(MEASURED);
    spark = Files.createDirectories(folder.resolve("spark"));
    Path jars = Files.createDirectories(spark.resolve("jars"));
    String path =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    for (String entry : path.split(File.pathSeparator, -1)) {
      if (entry.endsWith(".jar") && !entry.contains("charrnn")) {
        Path jar = Path.of(entry);
        Files.createSymbolicLink(jars.resolve(jar.getFileName()), jar);
      }
    }
    int port = freePort();
    master = "spark://127.0.0.1:" + port;
    spark(
        "master",
        "org.apache.spark.deploy.master.Master",
        "--host",
        "127.0.0.1",
        "--port",
        Integer.toString(port),
        "--webui-port",
        "0");
    await("master", "elected leader");
    for (int core = 0; core < 2; core++) {
      String worker = "worker-" + core;
      spark(
          worker,
          measured ? pinned(core) : List.of(),
          "org.apache.spark.deploy.worker.Worker",
          "--host",
          "127.0.0.1",
          "--webui-port",
          "0",
          "--cores",
          "1",
          "--memory",
          "1g",
          "--work-dir",
          folder.resolve(worker).toString(),
          master);
    }
    await("worker-0", "registered with master");
    await("worker-1", "registered with master");
  }

  @AfterEach
  void stop() throws InterruptedException, IOException {
    for (Process process : started) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    for (Process process : started) {
      process.waitFor();
    }
    try (Stream<Path> links = Files.list(spark.resolve("jars"))) {
      for (Path link : links.toList()) {
        Files.delete(link);
      }
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static List<String> pinned(int core) {
    return List.of("taskset", "-c", Integer.toString(core));
  }

  private List<String> command(String main) {
    List<String> command = new ArrayList<>(List.of(JAVA));
    command.addAll(OPENED);
    if (!measured) {
      command.addAll(ENCRYPTED);
      command.add(QUICK_START);
    }
    command.addAll(List.of("-XX:+UseSerialGC", "-Xmx512m"));
    command.addAll(List.of("-cp", spark.resolve("jars") + "/*", main));
    return command;
  }

  private Process spark(String name, String main, String... arguments) throws IOException {
    return spark(name, List.of(), main, arguments);
  }

  private Process spark(String name, List<String> before, String main, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(before);
    command.addAll(command(main));
    command.addAll(List.of(arguments));
    return start(name, command);
  }

  private Process start(String name, List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(folder.resolve(name + ".log").toFile());
    builder.environment().put("SPARK_HOME", spark.toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.12");
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    Process process = builder.start();
    started.add(process);
    return process;
  }

  private void await(String name, String text) throws IOException, InterruptedException {
    await(folder.resolve(name + ".log"), text);
  }

  private static void await(Path file, String text) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    while (!Files.exists(file) || !Files.readString(file).contains(text)) {
      assertThat(System.nanoTime()).as("%s in %s", text, file).isLessThan(end);
      Thread.sleep(50);
    }
  }

  private static List<String> train(int iterations) {
    return List.of(
        "train",
        CONFIGURATION.toString(),
        "--set",
        "training.max_iterations=" + iterations,
        "--set",
        "training.epochs=1000",
        "--set",
        "compute.threads=1",
        "--set",
        "compute.lane_groups=2");
  }

  private List<String> submitOptions() {
    return List.of(
        "--master",
        master,
        "--conf",
        "spark.ui.enabled=false",
        "--conf",
        "spark.executor.memory=600m",
        "--conf",
        "spark.executor.extraJavaOptions=" + (measured ? "" : QUICK_START));
  }

  private Process submit(int iterations, Path output) throws IOException {
    return submit(train(iterations), output);
  }

  private Process submit(List<String> train, Path output) throws IOException {
    List<String> arguments = new ArrayList<>(submitOptions());
    arguments.addAll(List.of("--class", "trainer.cli.Main", "local:" + JAR));
    arguments.addAll(train);
    arguments.addAll(List.of("--set", "compute.workers=2", "--output", output.toString()));
    return spark("driver", SPARK_SUBMIT, arguments.toArray(String[]::new));
  }

  private ProcessHandle executor(int worker) {
    return started.get(1 + worker).descendants().findFirst().orElseThrow();
  }

  private void assertBytesOfOneMachine(int iterations, Path clustered) throws Exception {
    Path alone = folder.resolve("alone");
    List<String> command = new ArrayList<>(List.of(JAVA, QUICK_START, "-jar", JAR.toString()));
    command.addAll(train(iterations));
    command.addAll(List.of("--output", alone.toString()));
    assertEnds(start("alone", command), "alone");
    for (String entry : List.of("coefficients.bin", "updaterState.bin", "trainer/carried.bin")) {
      assertThat(entry(clustered, entry)).as(entry).isEqualTo(entry(alone, entry));
    }
  }

  /** The service submits a run of two workers by a program that does what spark-submit does. */
  @Test
  void aRunOfTheServiceThatLosesAnExecutorEndsWithTheBytesOfOneMachine() throws Exception {
    URI runs = serve();
    String configuration =
        Files.readString(CONFIGURATION)
                .replace("max_iterations: 200", "max_iterations: 150\n  epochs: 1000")
            + "compute: {threads: 1, lane_groups: 2, workers: 2}\n";
    String submitted =
        send(
            HttpRequest.newBuilder(runs)
                .header("Content-Type", "application/yaml")
                .POST(BodyPublishers.ofString(configuration)));
    Path run = folder.resolve("runs/%s/1".formatted(found("\"id\":\"([^\"]+)", submitted)));
    await(run.resolve("events.jsonl"), "\"checkpoint\"");
    executor(0).destroyForcibly();
    await(run.resolve("events.jsonl"), "\"finished\"");

    assertThat(Files.readString(run.resolve("events.jsonl")))
        .contains("\"workers_lost\"", "encrypted connections");
    assertBytesOfOneMachine(150, run);
    assertThat(send(HttpRequest.newBuilder(runs))).contains("\"succeeded\"");
  }

  /** Starts the service; returns the address of its runs. */
  private URI serve() throws Exception {
    Path submit = folder.resolve("spark-submit");
    String words = String.join("' '", command(SPARK_SUBMIT));
    Files.writeString(submit, "#!/bin/sh\nexec '%s' \"$@\"\n".formatted(words));
    Files.setPosixFilePermissions(submit, PosixFilePermissions.fromString("rwx------"));
    List<String> command = new ArrayList<>(List.of(JAVA, QUICK_START, "-jar", JAR.toString()));
    command.addAll(
        List.of(
            "serve",
            "--port",
            "0",
            "--runs",
            folder.resolve("runs").toString(),
            "--datasets",
            CONFIGURATION.resolveSibling("../datasets").normalize().toString(),
            "--spark-submit",
            submit + " " + String.join(" ", submitOptions())));
    start("service", command);
    await("service", "serving on ");
    return URI.create(found("serving on (\\S+),", log("service")) + "/api/v1/runs");
  }

  private static String found(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    assertThat(matcher.find()).as(text).isTrue();
    return matcher.group(1);
  }

  private static String send(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
    return answer.body();
  }

  /**
   * For hours: {@code -Dcluster.kills=N}. Executors are killed or stopped, the driver is killed and
   * started again, at random instants.
   */
  @Test
  @EnabledIfSystemProperty(named = "cluster.kills", matches = "[0-9]+")
  void anyNumberOfLossesLeavesTheBytesOfOneMachine() throws Exception {
    int kills = Integer.getInteger("cluster.kills");
    int iterations = 1_000 + 200 * kills;
    Path run = folder.resolve("run");
    Path events = run.resolve("events.jsonl");
    Random random = new Random(1);
    Process driver = submit(iterations, run);
    await(events, "\"checkpoint\"");
    for (int kill = 0; kill < kills; kill++) {
      Thread.sleep(random.nextInt(3_000));
      int before = Files.readAllLines(events).size();
      int kind = random.nextInt(10);
      long start = System.nanoTime();
      if (kind == 0) {
        driver.destroyForcibly().waitFor();
        driver = submit(iterations, run);
      } else if (kind <= 2) {
        long pid = executor(random.nextInt(2)).pid();
        new ProcessBuilder("kill", "-STOP", Long.toString(pid)).start().waitFor();
      } else {
        executor(random.nextInt(2)).destroyForcibly();
      }
      String what = kind == 0 ? "driver" : kind <= 2 ? "stopped" : "killed";
      while (!resumed(events, before)) {
        assertThat(System.nanoTime() - start).isLessThan(TimeUnit.MINUTES.toNanos(3));
        assertThat(driver.isAlive()).as(() -> log("driver")).isTrue();
        Thread.sleep(20);
      }
      System.out.printf("%s: trains again after %.1f s%n", what, (System.nanoTime() - start) / 1e9);
    }
    assertThat(driver.waitFor(iterations, TimeUnit.SECONDS)).isTrue();
    assertBytesOfOneMachine(iterations, run);
  }

  /**
   * Two workers, each on a core of its own, against one machine with one core and the same lanes;
   * and what docs/cluster.md predicts: {@code -Dcluster.scaling=ROUNDS}, on a machine that does
   * nothing else. With three rounds it takes about five minutes.
   */
  @Test
  @Tag(MEASURED)
  @EnabledIfSystemProperty(named = "cluster.scaling", matches = "[1-9][0-9]*")
  void twoWorkersAreNearlyTwiceAsFastAsOneCore() throws Exception {
    int lanes = 64;
    int length = 50;
    int iterations = 16; // of which the latter half counts
    // With a lane and a character each, an iteration is little more than the sums.
    double sums = workers(new Size(2, 1, 300)) - oneCore(List.of(0), new Size(1, 1, 300));
    List<Double> efficiencies = new ArrayList<>();
    System.out.printf("two LSTM layers of 512 units, %d characters; sums %.1f ms%n", length, sums);
    for (int round = 0; round < Integer.getInteger("cluster.scaling"); round++) {
      double whole = oneCore(List.of(0), new Size(lanes, length, iterations));
      double together = workers(new Size(lanes, length, iterations));
      double half = oneCore(List.of(0), new Size(lanes / 2, length, iterations));
      double beside = oneCore(List.of(0, 1), new Size(lanes / 2, length, iterations));
      efficiencies.add(whole / (2 * together));
      System.out.printf(
          "%d lanes: one core %.0f ms, two workers %.0f ms, efficiency %.0f %%; %d lanes: one core"
              + " %.0f ms, beside another run %.0f ms; model %.0f ms, or %.0f ms%n",
          lanes,
          whole,
          together,
          100 * whole / (2 * together),
          lanes / 2,
          half,
          beside,
          half + sums,
          beside + sums);
    }
    efficiencies.sort(null);
    assertThat(efficiencies.get(efficiencies.size() / 2)).isGreaterThan(0.85);
  }

  /**
   * Of a run.
   *
   * @param length characters of a segment
   */
  private record Size(int lanes, int length, int iterations) {}

  private static List<String> timed(Size size) {
    List<String> words = new ArrayList<>(List.of("train", CONFIGURATION.toString()));
    for (String setting :
        List.of(
            "model.layers=[{type: lstm, size: 512}, {type: lstm, size: 512}]",
            "training.batch_size=" + size.lanes(),
            "training.sequence_length=" + size.length(),
            "training.max_iterations=" + size.iterations(),
            "training.remainder=drop",
            "training.epochs=1000",
            "evaluation.every_iterations=" + size.iterations(),
            "checkpoints.every_iterations=0",
            "samples.every_iterations=0",
            "compute.engine=cpu",
            "compute.threads=1")) {
      words.addAll(List.of("--set", setting));
    }
    return words;
  }

  /** Milliseconds of an iteration of two workers. */
  private double workers(Size size) throws Exception {
    Path run = Files.createTempDirectory(folder, "run");
    assertEnds(submit(timed(size), run), "driver");
    return milliseconds(run, size);
  }

  /** Milliseconds of an iteration on one core; the mean of runs beside each other, one per core. */
  private double oneCore(List<Integer> cores, Size size) throws Exception {
    List<Path> runs = new ArrayList<>();
    List<Process> processes = new ArrayList<>();
    for (int core : cores) {
      Path run = Files.createTempDirectory(folder, "run");
      List<String> command = new ArrayList<>(pinned(core));
      command.addAll(List.of(JAVA, "-jar", JAR.toString()));
      command.addAll(timed(size));
      command.addAll(List.of("--output", run.toString()));
      processes.add(start("core-" + core, command));
      runs.add(run);
    }
    double sum = 0;
    for (int i = 0; i < runs.size(); i++) {
      assertEnds(processes.get(i), "core-" + cores.get(i));
      sum += milliseconds(runs.get(i), size);
    }
    return sum / runs.size();
  }

  /** By the last row's speed: the median of the latter half, or of the latest 100 iterations. */
  private static double milliseconds(Path run, Size size) throws IOException {
    List<String> rows = Files.readAllLines(run.resolve("metrics.csv"));
    String last = rows.get(rows.size() - 1);
    double speed = Double.parseDouble(last.substring(last.lastIndexOf(',') + 1));
    return 1000.0 * size.lanes() * size.length() / speed;
  }

  /** Whether there is an evaluation after the last loss or start. */
  private static boolean resumed(Path events, int before) throws IOException {
    List<String> lines = Files.readAllLines(events);
    boolean lost = false;
    boolean resumed = false;
    for (String line : lines.subList(Math.min(before, lines.size()), lines.size())) {
      if (line.contains("\"workers_lost\"") || line.contains("\"resumed\"")) {
        lost = true;
        resumed = false;
      }
      resumed |= lost && line.contains("\"evaluation\"");
    }
    return resumed;
  }

  private void assertEnds(Process process, String name) throws Exception {
    assertThat(process.waitFor(10, TimeUnit.MINUTES)).as(name).isTrue();
    assertThat(process.exitValue()).as(() -> log(name)).isZero();
  }

  private String log(String name) {
    try {
      return Files.readString(folder.resolve(name + ".log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static byte[] entry(Path run, String name) throws IOException {
    try (ZipFile zip = new ZipFile(run.resolve("model.zip").toFile())) {
      return zip.getInputStream(zip.getEntry(name)).readAllBytes();
    }
  }
}
