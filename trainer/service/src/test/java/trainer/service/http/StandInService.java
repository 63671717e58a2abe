package trainer.service.http;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import trainer.service.datasets.DatasetRoots;
import trainer.service.devices.DeviceSurvey;
import trainer.service.program.Program;
import trainer.service.worker.StandInWorker;
import trainer.service.worker.TrainingProgram;

/**
 * A service in a process of its own, to be killed, on a folder and a database, with a number of
 * slots and a class that trains. Prints its port. Ends with its input.
 */
public final class StandInService {
  private StandInService() {}

  public static void main(String[] words) throws Exception {
    Path folder = Path.of(words[0]);
    List<Path> datasets = List.of(folder.resolve("datasets"));
    Service service =
        new Service(
            new Service.Settings(
                "127.0.0.1",
                0,
                folder.resolve("runs"),
                words[1],
                Tokens.none(),
                Set.of(),
                Set.of(),
                datasets,
                new Limits(1000, 1000),
                new DeviceSurvey(StandInWorker.program().program()),
                new TrainingProgram(
                    new Program(StandInWorker.java(Class.forName(words[3]))),
                    List.of(),
                    new DatasetRoots(datasets)),
                StandInWorker.mortal(Integer.parseInt(words[2]))));
    System.out.println(service.port());
    System.in.read(); // nothing comes
    service.close();
    System.exit(0);
  }
}
