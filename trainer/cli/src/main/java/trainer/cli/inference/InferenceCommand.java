package trainer.cli.inference;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import trainer.cli.console.ExitCode;
import trainer.service.inference.InferenceProcess;

/** {@code inference-process}, which a service starts: keeps models loaded, and ends with it. */
@Command(name = InferenceProcess.COMMAND, hidden = true)
public final class InferenceCommand implements Callable<Integer> {
  private static final int SHARE_OF_HEAP = 2;

  @Override
  public Integer call() throws IOException {
    OutputStream out = new FileOutputStream(FileDescriptor.out);
    System.setOut(System.err); // standard output is for messages
    long mostBytes = Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP;
    Runnable outOfMemory = () -> Runtime.getRuntime().halt(ExitCode.FAILED);
    new InferenceServer(new LoadedModels(mostBytes), System.in, out, outOfMemory).serve();
    Runtime.getRuntime().halt(0); // what is being computed is wanted by nobody
    return 0;
  }
}
