package trainer.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import trainer.engine.cuda.CudaSurvey;
import trainer.engine.cuda.SelfCheck;

/** {@code devices}. */
@Command(
    name = "devices",
    description = "List CPU, GPUs, libraries and the engines available on this machine.",
    mixinStandardHelpOptions = true)
final class DevicesCommand implements Callable<Integer> {
  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Option(
      names = "--check",
      description =
          "Train small networks on the GPU in every way of computing and compare with the"
              + " reference, for about a minute. Exit code 1 if a result is wrong.")
  private boolean check;

  @Override
  public Integer call() {
    if (check) {
      return SelfCheck.atLength(System.out::println) ? 0 : 1;
    }
    DevicesReport report =
        new DevicesReport(CudaSurvey.ofThisMachine(), DevicesReport.Cpu.ofThisMachine());
    System.out.println(json ? report.json() : report.text());
    return 0;
  }
}
