package trainer.cli;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.nd4j.linalg.api.buffer.DataType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import trainer.checkpoint.CsvExport;
import trainer.checkpoint.Dl4jExport;
import trainer.checkpoint.SafetensorsExport;
import trainer.checkpoint.SavedNetwork;
import trainer.cli.console.Console;
import trainer.cli.service.RegisteredModel;
import trainer.cli.service.ServiceClient;
import trainer.engine.nd4j.Nd4jBackend;
import trainer.engine.nd4j.Nd4jEngine;
import trainer.exchange.OnnxExport;
import trainer.exchange.PyTorchExport;
import trainer.file.ShellWord;
import trainer.network.CharacterNetwork;
import trainer.network.NamedParameters;

/** {@code export RUN}. */
@Command(
    name = "export",
    description = "Export a trained network to a format that other programs read.",
    mixinStandardHelpOptions = true)
final class ExportCommand implements Callable<Integer> {
  @Parameters(paramLabel = "RUN", description = RegisteredModel.RUN)
  private String run;

  @Mixin private ServiceClient service;

  @Option(
      names = "--format",
      required = true,
      paramLabel = "FORMAT",
      description =
          "dl4j: a Deeplearning4j model; safetensors: named arrays with configuration and"
              + " vocabulary; pytorch: a folder with a loader for PyTorch; onnx: an ONNX model; csv: one row per"
              + " parameter.")
  private Format format;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "PATH",
      description = "File to write; with --format pytorch, the folder.")
  private Path output;

  enum Format {
    DL4J,
    SAFETENSORS,
    PYTORCH,
    ONNX,
    CSV
  }

  @Override
  public Integer call() {
    Nd4jBackend.start(0);
    SavedNetwork saved = RegisteredModel.open(run, service);
    Map<String, String> texts =
        Map.of(
            "config.yml", saved.checkpoint().configuration(),
            "vocabulary.json", saved.checkpoint().vocabulary());
    try (CharacterNetwork network = saved.network(DataType.FLOAT, Nd4jEngine::new)) {
      switch (format) {
        case DL4J -> Dl4jExport.write(saved.checkpoint(), output);
        case SAFETENSORS -> SafetensorsExport.write(NamedParameters.of(network), texts, output);
        case PYTORCH -> PyTorchExport.write(network, texts, output);
        case ONNX -> OnnxExport.write(network, texts, output);
        case CSV -> CsvExport.write(NamedParameters.of(network), output);
      }
    }
    Console.line(
        "%s: exported from %s".formatted(ShellWord.shown(output), ShellWord.shown(saved.file())));
    return 0;
  }
}
