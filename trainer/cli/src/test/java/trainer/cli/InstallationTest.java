package trainer.cli;

import static java.nio.file.attribute.PosixFilePermissions.fromString;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher {@code bin/trainer}, with stand-ins for Java, and what the jar tells of itself. */
@Tag("slow")
final class InstallationTest {
  @TempDir private Path folder;
  private Path launcher;

  private record Result(int exitCode, String output) {}

  @BeforeEach
  void install() throws IOException {
    assumeTrue(File.separatorChar == '/', "the launcher is for systems with sh");
    launcher = Files.createDirectories(folder.resolve("a b/bin")).resolve("trainer");
    Files.copy(Path.of("src", "main", "distribution", "trainer"), launcher);
    Files.setPosixFilePermissions(launcher, fromString("rwxr-xr-x"));
  }

  /** A Java that tells its version and its arguments. */
  private Path java(String version) throws IOException {
    Path java = Files.createDirectories(folder.resolve(version + "/bin")).resolve("java");
    Files.writeString(
        java,
        """
        #!/bin/sh
        [ "$1" = -version ] && { echo 'openjdk version "%s" 2026-01-01' >&2; exit; }
        printf '<%%s>' "$@"
        """
            .formatted(version));
    Files.setPosixFilePermissions(java, fromString("rwxr-xr-x"));
    return java.getParent();
  }

  private Result run(Path program, Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(program.toString()).redirectErrorStream(true);
    builder.command().addAll(List.of(arguments));
    builder.environment().keySet().removeAll(List.of("JAVA_HOME", "JAVA_OPTS"));
    builder.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output);
  }

  @Test
  void theLauncherPassesArgumentsAndOptionsOn() throws IOException, InterruptedException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("a b/bin/trainer"));
    Map<String, String> environment =
        Map.of("JAVA_HOME", java("17.0.2").getParent().toString(), "JAVA_OPTS", "-Xmx1g -Da=b");

    Result result = run(link, environment, "runs", "a run", "--prompt=*");

    assertThat(result)
        .isEqualTo(
            new Result(
                0,
                "<-Xlog:cds*=off><-Xmx1g><-Da=b><-Dtrainer.command=trainer><-jar><%s><runs><a run><--prompt=*>"
                    .formatted(folder.toRealPath().resolve("a b/lib/trainer.jar"))));
  }

  /** A new Java or jar has another archive. */
  @Test
  void laterStartsLoadTheClassesOfTheFirst() throws IOException, InterruptedException {
    Map<String, String> environment = Map.of("JAVA_HOME", java("17.0.2").getParent().toString());
    Path cache = folder.resolve("cache/trainer");

    assertThat(run(launcher, environment, "--help").output()).startsWith("<-Xlog");
    assertThat(cache).doesNotExist();
    Path written = written(run(launcher, environment, "sample", "run").output());
    Files.writeString(written, "head");
    String loads = "<-XX:SharedArchiveFile=" + archive(written) + "><-Xlog";
    assertThat(run(launcher, environment, "--help").output()).startsWith(loads);
    assertThat(run(launcher, environment, "--help").output()).startsWith(loads);
    assertThat(written).doesNotExist();

    Files.createDirectories(launcher.resolveSibling("../lib"));
    Files.createFile(launcher.resolveSibling("../lib/trainer.jar"));
    Path other = written(run(launcher, environment, "sample", "run").output());
    assertThat(archive(other)).isNotEqualTo(archive(written));
    assertThat(archive(written)).doesNotExist();
  }

  /** A process that was killed leaves zeros where the head of the archive would be. */
  @Test
  void aHalfWrittenArchiveIsMadeAgain() throws IOException, InterruptedException {
    Map<String, String> environment = Map.of("JAVA_HOME", java("17.0.2").getParent().toString());
    Path written = written(run(launcher, environment, "sample", "run").output());
    Files.write(written, new byte[4096]);
    Path writing = Path.of("%s.%d".formatted(archive(written), ProcessHandle.current().pid()));
    Files.write(writing, new byte[4096]);

    assertThat(run(launcher, environment, "--help").output()).startsWith("<-Xlog");
    assertThat(written).doesNotExist();
    assertThat(writing).exists();
    assertThat(written(run(launcher, environment, "sample", "run").output())).isNotEqualTo(written);
  }

  /** The file that Java is told to write the classes to, with the number of its process. */
  private static Path written(String output) {
    String option = "<-XX:ArchiveClassesAtExit=";
    assertThat(output).startsWith(option).endsWith("<sample><run>");
    Path written = Path.of(output.substring(option.length(), output.indexOf('>')));
    assertThat(written.getFileName().toString()).matches("classes-[0-9]+\\.jsa\\.[0-9]+");
    return written;
  }

  private static Path archive(Path written) {
    return Path.of(written.toString().replaceFirst("\\.[0-9]+$", ""));
  }

  @Test
  void theVersionIsReadWithoutStartingJava() throws IOException, InterruptedException {
    Path home = java("17").getParent();
    Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"11.0.2\"\n");
    assertThat(run(launcher, Map.of("JAVA_HOME", home.toString())).output())
        .endsWith("is Java 11: set JAVA_HOME to Java 17 or later\n");
  }

  @Test
  void javaIsFoundOnThePath() throws IOException, InterruptedException {
    String path = java("21") + ":/usr/bin:/bin";
    assertThat(run(launcher, Map.of("PATH", path), "x").output()).endsWith("<x>");
  }

  @Test
  void aMissingOrOldJavaIsNamed() throws IOException, InterruptedException {
    for (String version : List.of("1.8.0_392", "11.0.2")) {
      Path java = java(version);
      assertThat(run(launcher, Map.of("JAVA_HOME", java.getParent().toString())))
          .isEqualTo(
              new Result(
                  2,
                  "error: %s is Java %s: set JAVA_HOME to Java 17 or later\n"
                      .formatted(java.resolve("java"), version.replaceFirst("\\..*", ""))));
    }
    assertThat(run(launcher, Map.of("JAVA_HOME", "/missing")).output())
        .startsWith("error: JAVA_HOME is /missing, which has no bin/java: ");
    Path tools = Files.createDirectory(folder.resolve("tools"));
    for (String tool : List.of("dirname", "readlink", "sed")) {
      Path passed =
          Files.writeString(
              tools.resolve(tool), "#!/bin/sh\nexec /usr/bin/%s \"$@\"\n".formatted(tool));
      Files.setPosixFilePermissions(passed, fromString("rwxr-xr-x"));
    }
    assertThat(run(launcher, Map.of("PATH", tools.toString())))
        .isEqualTo(
            new Result(
                2,
                "error: there is no java on PATH: install a JRE 17 or later, or set JAVA_HOME to one\n"));
  }

  @Test
  void theJarListsItsComponentsWithTheirLicenses() throws IOException {
    try (ZipFile jar = new ZipFile(System.getProperty("trainer.jar"))) {
      ZipEntry list = jar.getEntry("META-INF/sbom/application.cdx.json");
      assumeTrue(list != null, "built by 'mvn --offline', which makes no such list");
      JsonNode components = new ObjectMapper().readTree(jar.getInputStream(list)).get("components");
      assertThat(components.size()).isGreaterThan(50);
      for (JsonNode component : components) {
        assertThat(component.path("licenses").size()).as("%s", component.get("name")).isPositive();
      }
      assertThat(components.findValuesAsText("name"))
          .contains("deeplearning4j-core", "picocli")
          .doesNotContain("junit-jupiter", "assertj-core", "archunit");
    }
  }

  /** Each command and option has its place, and groff has no warning about any page. */
  @Test
  void everyCommandHasAManualPage() throws IOException, InterruptedException {
    Path pages = folder.resolve("man1");
    assertThat(InProcess.run("manual-pages", pages.toString()).exitCode()).isZero();

    List<String> commands = new ArrayList<>();
    InProcess.run("--help")
        .out()
        .lines()
        .dropWhile(line -> !line.startsWith("Commands:"))
        .filter(line -> line.matches("  [a-z].*"))
        .forEach(line -> commands.add(line.strip().split(" ", 2)[0]));
    assertThat(commands).hasSizeGreaterThan(20);
    List<Path> files = new ArrayList<>(List.of(pages.resolve("trainer.1")));
    commands.forEach(name -> files.add(pages.resolve("trainer-" + name + ".1")));
    assertThat(files).allSatisfy(file -> assertThat(file).exists());
    assertThat(pages.resolve("trainer-schedules-pause.1")).exists();
    for (int i = 0; i < commands.size(); i++) {
      String page = Files.readString(files.get(i + 1)).replace("\\-", "-");
      assertThat(page).contains("trainer " + commands.get(i)).doesNotContain("${", "%n");
      Matcher options =
          Pattern.compile("(?m)^ +(?:-., )?(--[a-z-]+)")
              .matcher(InProcess.run(commands.get(i), "--help").out());
      while (options.find()) {
        assertThat(page).contains("\\fB" + options.group(1) + "\\fP");
      }
    }
    assertThat(Files.readString(pages.resolve("trainer-serve.1")))
        .contains("[\\-\\-webhook\\-host=HOST[:PORT]]...");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/groff")), "needs groff");
    List<String> words = new ArrayList<>(List.of("-man", "-ww", "-Tutf8", "-z"));
    try (Stream<Path> all = Files.list(pages)) {
      all.forEach(file -> words.add(file.toString()));
    }
    assertThat(run(Path.of("/usr/bin/groff"), Map.of(), words.toArray(String[]::new)))
        .isEqualTo(new Result(0, ""));
  }

  @Test
  void completionsAreWordsThatOptionsTake() {
    assertThat(InProcess.run("completion").out())
        .startsWith("#!")
        .contains("_option_args=(\"dl4j\" \"safetensors\" \"pytorch\" \"onnx\" \"csv\")")
        .contains("complete -F _complete_trainer");
  }
}
