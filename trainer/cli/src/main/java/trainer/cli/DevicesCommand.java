package trainer.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import trainer.engine.cuda.CudaSurvey;

/** {@code devices}. */
@Command(
    name = "devices",
    description = "List CPU, GPUs, libraries and the engines available on this machine.",
    mixinStandardHelpOptions = true)
final class DevicesCommand implements Callable<Integer> {
  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Override
  public Integer call() {
    DevicesReport report =
        new DevicesReport(CudaSurvey.ofThisMachine(), DevicesReport.Cpu.ofThisMachine());
    System.out.println(json ? report.json() : report.text());
    return 0;
  }
}
