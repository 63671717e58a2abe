package trainer.cli;

import picocli.CommandLine.IVersionProvider;
import trainer.run.Build;

/** The output of {@code --version}. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    Build build = Build.ofThisProgram();
    return new String[] {
      "trainer %s, commit %s, Deeplearning4j %s"
          .formatted(build.version(), build.describedCommit(), Build.versionOfDeeplearning4j())
    };
  }
}
