package trainer.run;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Host, processor, operating system and Java of this process. */
public final class Machine {
  private static final Path HOST = Path.of("/proc/sys/kernel/hostname");
  private static final Path PROCESSOR = Path.of("/proc/cpuinfo");

  private Machine() {}

  /** The host name. */
  static String host() {
    try {
      // Not InetAddress, which asks the name service and may be slow.
      return Files.isReadable(HOST)
          ? Files.readString(HOST, StandardCharsets.UTF_8).strip()
          : InetAddress.getLocalHost().getHostName();
    } catch (IOException e) {
      return "unknown";
    }
  }

  static long process() {
    return ProcessHandle.current().pid();
  }

  /** The processor's model, or its architecture if unknown. */
  public static String processor() {
    String architecture = System.getProperty("os.arch");
    if (!Files.isReadable(PROCESSOR)) {
      return architecture;
    }
    try (Stream<String> lines = Files.lines(PROCESSOR, StandardCharsets.UTF_8)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(architecture);
    } catch (IOException e) {
      return architecture;
    }
  }

  /** Memory of the machine or container, bytes. */
  public static long memory() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
  }

  static int cores() {
    return Runtime.getRuntime().availableProcessors();
  }

  static String operatingSystem() {
    return "%s %s %s"
        .formatted(
            System.getProperty("os.name"),
            System.getProperty("os.version"),
            System.getProperty("os.arch"));
  }

  static String virtualMachine() {
    return "%s %s (%s)"
        .formatted(
            System.getProperty("java.vm.name"),
            Runtime.version(),
            System.getProperty("java.vm.vendor"));
  }
}
