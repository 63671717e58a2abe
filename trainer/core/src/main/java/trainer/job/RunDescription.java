package trainer.job;

import java.time.Instant;
import java.util.List;
import trainer.config.Configuration;
import trainer.config.ConfigurationWriter;
import trainer.config.Data.Shuffle;
import trainer.file.AtomicFile;
import trainer.network.CharacterNetwork;
import trainer.run.Machine;
import trainer.run.Provenance;
import trainer.run.RunDirectory;
import trainer.text.Corpus;

/** The files that describe a run: configuration, vocabulary, provenance. */
record RunDescription(
    Configuration configuration, Corpus corpus, CharacterNetwork network, List<String> command) {

  /** Writes config.yml, vocabulary.json and provenance.json of a run that starts or resumes now. */
  CheckpointListener.Texts write(RunDirectory directory, TrainingStart start, Instant now) {
    CheckpointListener.Texts written =
        new CheckpointListener.Texts(
            ConfigurationWriter.toYaml(configuration),
            corpus.vocabulary().toJson(),
            provenance(start, now).json());
    AtomicFile.write(directory.config(), written.configuration());
    AtomicFile.write(directory.vocabulary(), written.vocabulary());
    AtomicFile.write(directory.provenance(), written.provenance());
    return written;
  }

  private Provenance provenance(TrainingStart start, Instant now) {
    String description = network.engine().description();
    String device = network.engine().gpu().orElseGet(Machine::processor);
    if (start.saved().isPresent()) {
      return start
          .saved()
          .get()
          .provenance()
          .resumedAt(start.iteration(), description, device, command, now);
    }
    return Provenance.collect(
        description,
        device,
        command,
        configuration.seed(),
        List.of(
            new Provenance.CorpusFile(
                corpus.files(),
                corpus.sha256(),
                corpus.length(),
                configuration.data().shuffle() == Shuffle.LINES ? "lines" : "",
                corpus.unknown().count())),
        now);
  }
}
