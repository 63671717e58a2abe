package trainer.cli;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;
import trainer.text.Confinement;

/** The folders that a process of the service may read texts from. */
final class ConfinementOption {
  @Option(names = "--confine", paramLabel = "DIR", hidden = true)
  private List<Path> folders; // null: all

  Confinement folders() {
    return new Confinement(folders);
  }
}
