package trainer.engine.nd4j;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** Vector instruction sets that ND4J has builds for. */
enum CpuFeatures {
  AVX512("-avx512", "AVX-512"),
  AVX2("-avx2", "AVX2"),
  BASELINE("", "baseline");

  private final String extension;
  private final String label;

  CpuFeatures(String extension, String label) {
    this.extension = extension;
    this.label = label;
  }

  /** JavaCPP's platform extension of the build. */
  String extension() {
    return extension;
  }

  String label() {
    return label;
  }

  static CpuFeatures detect() {
    if (!Set.of("amd64", "x86_64").contains(System.getProperty("os.arch"))) {
      return BASELINE;
    }
    CpuFeatures best = BASELINE;
    Path information = Path.of("/proc/cpuinfo");
    if (Files.isReadable(information)) {
      try {
        best = ofFlags(Files.readAllLines(information));
      } catch (IOException e) {
        best = ofHotSpot();
      }
    } else {
      best = ofHotSpot();
    }
    boolean onlyLinuxHasAvx512 =
        !System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux");
    return best == AVX512 && onlyLinuxHasAvx512 ? AVX2 : best;
  }

  /** From the lines of /proc/cpuinfo. */
  static CpuFeatures ofFlags(List<String> lines) {
    Set<String> flags =
        lines.stream()
            .filter(line -> line.startsWith("flags"))
            .findFirst()
            .map(line -> line.substring(line.indexOf(':') + 1).trim().split("\\s+"))
            .stream()
            .flatMap(Arrays::stream)
            .collect(Collectors.toSet());
    if (flags.containsAll(
        Set.of("avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl", "avx2", "fma"))) {
      return AVX512;
    }
    return flags.containsAll(Set.of("avx2", "fma")) ? AVX2 : BASELINE;
  }

  /** From the JVM option UseAVX: 2 for AVX2, 3 for AVX-512. */
  private static CpuFeatures ofHotSpot() {
    HotSpotDiagnosticMXBean bean =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    int level = Integer.parseInt(bean.getVMOption("UseAVX").getValue());
    return level >= 3 ? AVX512 : level == 2 ? AVX2 : BASELINE;
  }
}
