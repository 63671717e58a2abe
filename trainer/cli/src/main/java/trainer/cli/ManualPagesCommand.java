package trainer.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import trainer.file.FileException;
import trainer.run.Build;

/** {@code manual-pages}, for the build: a file for man(1) of each command. */
@Command(name = "manual-pages", hidden = true)
final class ManualPagesCommand implements Callable<Integer> {
  @Parameters(paramLabel = "DIR")
  private Path directory;

  @Spec private CommandSpec command;

  @Override
  public Integer call() {
    try {
      Files.createDirectories(directory);
      for (ManualPage page : ManualPage.of(command.root(), Build.ofThisProgram().version())) {
        Files.writeString(
            directory.resolve(page.name() + ".1"), page.roff(), StandardCharsets.US_ASCII);
      }
      return 0;
    } catch (IOException e) {
      throw FileException.of(directory, "cannot be written", e, "name another directory");
    }
  }
}
