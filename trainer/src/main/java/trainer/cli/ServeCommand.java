package trainer.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code serve}. */
@Command(
    name = "serve",
    description = "Train what is submitted over HTTP, one run per slot.",
    mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {
  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description =
          "Address to listen on; beyond this machine only with tokens. Default: ${DEFAULT-VALUE}.")
  private String host;

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "8080",
      description = "Port to listen on; 0: a free one. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = "--runs",
      paramLabel = "DIR",
      defaultValue = "models",
      description = "Where runs are kept. Default: ${DEFAULT-VALUE}.")
  private Path runs;

  @Option(
      names = "--database",
      paramLabel = "URL",
      description =
          "jdbc:sqlite:FILE, or jdbc:postgresql://HOST/NAME for several nodes. Default: service.db"
              + " in the runs directory.")
  private String database;

  @Option(
      names = "--datasets",
      paramLabel = "DIR",
      description =
          "Folder that submitted configurations may read; may be repeated. Default: datasets.")
  private List<Path> datasets = List.of();

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "Lines 'ROLE NAME TOKEN'; roles are read, submit and admin.")
  private Path tokenFile;

  @Option(
      names = "--allowed-host",
      paramLabel = "NAME",
      description =
          "Name besides localhost by which the service is reached; may be repeated. Addresses are"
              + " always allowed.")
  private List<String> allowedHosts = List.of();

  @Option(
      names = "--webhook-host",
      paramLabel = "HOST[:PORT]",
      description =
          "Host of this machine or a private network that webhooks may lead to; may be repeated."
              + " Others must have public addresses.")
  private List<String> webhookHosts = List.of();

  @Option(
      names = "--slots",
      paramLabel = "N",
      defaultValue = "1",
      description = "Runs to train at a time. Default: ${DEFAULT-VALUE}.")
  private int slots;

  @Spec private CommandSpec command;

  @Override
  public Integer call() {
    // Read when logging starts, which is below.
    System.setProperty("trainer.log.time", "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} ");
    ServiceStart start;
    try {
      start =
          new ServiceStart(
              host, port, runs, database, datasets, tokenFile, allowedHosts, webhookHosts, slots);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), e.getMessage(), e);
    }
    return Interruption.during("runs leave a checkpoint and go back to the queue", start::serve);
  }
}
