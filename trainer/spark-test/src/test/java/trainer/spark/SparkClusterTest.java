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

  /** Of every JVM: the time of a short one goes to loading, verifying and compiling classes. */
  private static final String QUICK_START =
      "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
          + " -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote";

  @TempDir private Path folder;
  private final List<Process> started = new ArrayList<>();
  private Path spark;
  private String master;

  @BeforeEach
  void start() throws IOException, InterruptedException {
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
    for (String worker : List.of("worker-0", "worker-1")) {
      spark(
          worker,
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

  private List<String> command(String main) {
    List<String> command = new ArrayList<>(List.of(JAVA));
    command.addAll(OPENED);
    command.addAll(ENCRYPTED);
    command.add("-Xmx512m");
    command.addAll(List.of("-cp", spark.resolve("jars") + "/*", main));
    return command;
  }

  private Process spark(String name, String main, String... arguments) throws IOException {
    List<String> command = command(main);
    command.addAll(List.of(arguments));
    return start(name, command);
  }

  private Process start(String name, List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(folder.resolve(name + ".log").toFile());
    builder.environment().put("JDK_JAVA_OPTIONS", QUICK_START); // executors inherit it
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
        "spark.executor.memory=600m");
  }

  private Process submit(int iterations, Path output) throws IOException {
    List<String> arguments = new ArrayList<>(submitOptions());
    arguments.addAll(List.of("--class", "trainer.cli.Main", "local:" + JAR));
    arguments.addAll(train(iterations));
    arguments.addAll(List.of("--set", "compute.workers=2", "--output", output.toString()));
    return spark("driver", SPARK_SUBMIT, arguments.toArray(String[]::new));
  }

  private ProcessHandle executor(int worker) {
    return started.get(1 + worker).descendants().findFirst().orElseThrow();
  }

  private void assertBytesOfOneMachine(int iterations, Path clustered) throws Exception {
    Path alone = folder.resolve("alone");
    List<String> command = new ArrayList<>(List.of(JAVA, "-jar", JAR.toString()));
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
    List<String> command = new ArrayList<>(List.of(JAVA, "-jar", JAR.toString()));
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
