package trainer.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipFile;

/** A standalone Spark cluster: a master and workers of one core, each a process. */
final class SparkCluster implements AutoCloseable {
  static final String SUBMIT = "org.apache.spark.deploy.SparkSubmit";
  static final Path CONFIGURATION = Path.of("../../configs/tiny.yml").toAbsolutePath();
  private static final Path JAR =
      Path.of(System.getProperty("trainer.jar", "../../trainer.jar")).toAbsolutePath().normalize();
  private static final String JAVA =
      Path.of(System.getProperty("java.home"), "bin", "java").toString();
  private static final String QUICK_START = "-XX:TieredStopAtLevel=1";

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

  /** Java's options for a cluster that encrypts, and starts fast. */
  static final List<String> ENCRYPTED =
      List.of(
          "-Dspark.authenticate=true",
          "-Dspark.authenticate.secret=0123456789abcdef0123456789abcdef",
          "-Dspark.network.crypto.enabled=true",
          QUICK_START);

  private static final List<Host> LOOPBACK = List.of(Host.LOOPBACK, Host.LOOPBACK);

  /** A machine: its address, and what comes before a command that shall run there. */
  record Host(String address, List<String> prefix) {
    static final Host LOOPBACK = new Host("127.0.0.1", List.of());
  }

  private final Path folder;
  private final Path spark;
  private final Host head;
  private final List<Host> workerHosts;
  private final List<String> options;
  private final List<Process> started = new ArrayList<>();
  private final List<Process> workers = new ArrayList<>();
  private final String master;

  /** Two workers on this machine, encrypted. */
  SparkCluster(Path folder) throws IOException, InterruptedException {
    this(folder, Host.LOOPBACK, LOOPBACK, ENCRYPTED);
  }

  /**
   * A cluster on several machines.
   *
   * @param head where master and drivers run
   * @param options of Java, for each process of Spark
   */
  SparkCluster(Path folder, Host head, List<Host> workerHosts, List<String> options)
      throws IOException, InterruptedException {
    this.folder = folder;
    this.head = head;
    this.workerHosts = workerHosts;
    this.options = options;
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
    try {
      master = startMaster();
      for (int worker = 0; worker < workerHosts.size(); worker++) {
        workers.add(startWorker(worker));
      }
      for (int worker = 0; worker < workers.size(); worker++) {
        await("worker-" + worker, "registered with master");
      }
    } catch (IOException | InterruptedException | AssertionError e) {
      close();
      throw e;
    }
  }

  /** Returns its address. */
  private String startMaster() throws IOException, InterruptedException {
    List<String> command = command("org.apache.spark.deploy.master.Master");
    command.addAll(List.of("--host", head.address(), "--port", "0", "--webui-port", "0"));
    start("master", head, command);
    await("master", "elected leader");
    return found("(spark://\\S+:\\d+)", log("master"));
  }

  private Process startWorker(int worker) throws IOException {
    Host host = workerHosts.get(worker);
    String name = "worker-" + worker;
    List<String> command = command("org.apache.spark.deploy.worker.Worker");
    command.addAll(List.of("--host", host.address(), "--webui-port", "0"));
    command.addAll(List.of("--cores", "1", "--memory", "1g"));
    command.addAll(List.of("--work-dir", folder.resolve(name).toString(), master));
    return start(name, host, command);
  }

  /** Kills a worker, with which its executor ends, and starts it again. */
  void killWorker(int worker) throws IOException, InterruptedException {
    workers.get(worker).destroyForcibly().waitFor();
    workers.set(worker, startWorker(worker));
  }

  @Override
  public void close() throws IOException {
    for (Process process : started) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().onExit().join();
    }
    try (Stream<Path> links = Files.list(spark.resolve("jars"))) {
      for (Path link : links.toList()) {
        Files.delete(link);
      }
    }
  }

  /** A Java program on Spark's class path. */
  List<String> command(String main) {
    List<String> command = new ArrayList<>(List.of(JAVA));
    command.addAll(OPENED);
    command.addAll(options);
    command.addAll(List.of("-XX:+UseSerialGC", "-Xmx512m"));
    command.addAll(List.of("-cp", spark.resolve("jars") + "/*", main));
    return command;
  }

  /** Starts {@code trainer.jar} without Spark. */
  Process trainer(String name, List<String> arguments) throws IOException {
    return trainer(name, Host.LOOPBACK, List.of(QUICK_START), arguments);
  }

  Process trainer(String name, Host host, List<String> javaOptions, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(JAVA));
    command.addAll(javaOptions);
    command.addAll(List.of("-jar", JAR.toString()));
    command.addAll(arguments);
    return start(name, host, command);
  }

  private Process start(String name, Host host, List<String> command) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(Stream.concat(host.prefix().stream(), command.stream()).toList());
    builder.redirectErrorStream(true).redirectOutput(folder.resolve(name + ".log").toFile());
    builder.environment().put("SPARK_HOME", spark.toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.12");
    builder.environment().put("SPARK_LOCAL_IP", host.address());
    Process process = builder.start();
    started.add(process);
    return process;
  }

  List<String> submitOptions() {
    return List.of(
        "--master",
        master,
        "--conf",
        "spark.ui.enabled=false",
        "--conf",
        "spark.executor.memory=600m",
        "--conf",
        "spark.executor.extraJavaOptions=" + (options.contains(QUICK_START) ? QUICK_START : ""));
  }

  private static List<String> training(int iterations, Path output) {
    return List.of(
        "train",
        CONFIGURATION.toString(),
        "--output",
        output.toString(),
        "--set",
        "training.max_iterations=" + iterations,
        "--set",
        "training.epochs=1000",
        "--set",
        "compute.threads=1",
        "--set",
        "compute.lane_groups=2");
  }

  /** Starts the driver of a run of two workers. */
  Process submit(int iterations, Path output) throws IOException {
    return submit(training(iterations, output));
  }

  Process submit(List<String> train) throws IOException {
    List<String> command = command(SUBMIT);
    command.addAll(submitOptions());
    command.addAll(List.of("--class", "trainer.cli.Main", "local:" + JAR));
    command.addAll(train);
    command.addAll(List.of("--set", "compute.workers=2"));
    return start("driver", head, command);
  }

  ProcessHandle executor(int worker) {
    return workers.get(worker).descendants().findFirst().orElseThrow();
  }

  /** Trains the run once more without Spark, and compares parameters, moments and hidden state. */
  void assertBytesOfOneMachine(int iterations, Path clustered)
      throws IOException, InterruptedException {
    Path alone = folder.resolve("alone");
    assertEnds(trainer("alone", training(iterations, alone)), "alone");
    for (String entry : List.of("coefficients.bin", "updaterState.bin", "trainer/carried.bin")) {
      assertThat(entry(clustered, entry)).as(entry).isEqualTo(entry(alone, entry));
    }
  }

  private static byte[] entry(Path run, String name) throws IOException {
    try (ZipFile zip = new ZipFile(run.resolve("model.zip").toFile())) {
      return zip.getInputStream(zip.getEntry(name)).readAllBytes();
    }
  }

  void assertEnds(Process process, String name) throws InterruptedException {
    assertThat(process.waitFor(10, TimeUnit.MINUTES)).as(name).isTrue();
    assertThat(process.exitValue()).as(() -> log(name)).isZero();
  }

  void await(String name, String text) throws IOException, InterruptedException {
    await(folder.resolve(name + ".log"), text);
  }

  static void await(Path file, String text) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    while (!Files.exists(file) || !Files.readString(file).contains(text)) {
      assertThat(System.nanoTime()).as("%s in %s", text, file).isLessThan(end);
      Thread.sleep(50);
    }
  }

  String log(String name) {
    try {
      return Files.readString(folder.resolve(name + ".log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  static String found(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    assertThat(matcher.find()).as(text).isTrue();
    return matcher.group(1);
  }
}
