package trainer.service.worker;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import trainer.config.Configuration;
import trainer.config.ConfigurationLoader;
import trainer.file.TrainerException;
import trainer.run.Provenance;
import trainer.run.RunDirectory;
import trainer.service.database.DatabaseException;
import trainer.service.datasets.DatasetRoots;
import trainer.service.program.Program;
import trainer.service.registry.RegistryFiles;
import trainer.service.runs.Lease;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.text.Corpus;
import trainer.text.Vocabulary;

/**
 * The training program, started as {@code train CONFIG --output DIR}.
 *
 * @param settings configuration keys set by the service, as {@code KEY=VALUE}, such as threads
 * @param cluster the same program, submitted to a cluster, for runs of several workers; null: none
 * @param datasets the only folders of texts
 */
public record TrainingProgram(
    Program program, List<String> settings, Program cluster, DatasetRoots datasets) {
  public TrainingProgram {
    settings = List.copyOf(settings);
  }

  public TrainingProgram(Program program, List<String> settings, DatasetRoots datasets) {
    this(program, settings, null, datasets);
  }

  /**
   * Starts a process for a run. It ends with this service, because its standard input is a pipe
   * from here.
   *
   * @param between called again and again while a text is read and files are copied, which may take
   *     long; what it throws ends that
   * @param ended called when it has ended
   */
  @SuppressWarnings("FutureReturnValueIgnored") // the callback only wakes a thread
  TrainingProcess start(Lease lease, RunFiles files, Slot slot, Runnable between, Runnable ended)
      throws IOException {
    files.prepare(lease, before -> hasText(lease, before, between), between);
    Run run = lease.run();
    Path log = files.log(run);
    List<String> words = new ArrayList<>();
    words.add("train");
    words.add(files.configuration(run).toString());
    words.add("--output");
    words.add(files.newest(run).path().toString());
    words.add("--stop-at-end-of-input");
    words.addAll(datasets.options());
    words.add("--recorded-corpus"); // an attempt resumes although the corpus has changed
    if (run.forkedFrom() != null) {
      words.add("--fork");
      words.add(files.fork(run).path() + run.forkedFrom().replaceFirst(".*@", "@"));
    }
    if (run.initFrom() != null) {
      String model = new RegistryFiles(files.root()).directory(run.initFrom()).path().toString();
      words.add("--init-from");
      words.add(model);
      words.add("--confine=" + model); // it has the vocabulary
      if (configuration(lease).data().vocabulary() == null) {
        words.add("--extend-vocabulary");
      }
    }
    boolean clustered = cluster != null && configuration(lease).compute().workers() > 1;
    settings.stream()
        .filter(setting -> !clustered || !setting.startsWith("compute."))
        .forEach(setting -> words.add("--set=" + setting));
    if (lease.until() != null) {
      words.add("--set=training.max_iterations=" + lease.until());
    }
    ProcessBuilder builder =
        (clustered ? cluster : program)
            .process(words)
            .redirectErrorStream(true)
            .redirectOutput(Redirect.appendTo(log.toFile()));
    builder.environment().put("NO_COLOR", "1");
    slot.prepare(builder.environment());
    Process process = builder.start();
    process.onExit().thenRun(ended);
    return new TrainingProcess(lease, slot, process, log);
  }

  private static Configuration configuration(Lease lease) {
    return ConfigurationLoader.parse(lease.configuration(), lease.run().id(), List.of());
  }

  /** Whether the text of an attempt is there: as it was encoded, or its source is unchanged. */
  private boolean hasText(Lease lease, RunDirectory attempt, Runnable between) {
    String sha256;
    Vocabulary vocabulary;
    try {
      Path file = attempt.provenance();
      sha256 = Provenance.parse(Files.readString(file), file.toString()).corpus().get(0).sha256();
      vocabulary = Vocabulary.read(attempt.vocabulary());
    } catch (IOException | TrainerException e) {
      return true; // its checkpoints have both, too
    }
    BooleanSupplier cancelled =
        () -> {
          between.run();
          return false;
        };
    try {
      return Corpus.recorded(attempt.corpus(), "", sha256, vocabulary, cancelled).isPresent()
          || Corpus.sha256(configuration(lease).data(), datasets.confinement(), cancelled)
              .equals(sha256);
    } catch (DatabaseException e) {
      throw e; // says nothing about the text
    } catch (TrainerException e) {
      return false; // neither can be read
    }
  }
}
