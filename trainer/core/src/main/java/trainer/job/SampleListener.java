package trainer.job;

import java.util.ArrayList;
import java.util.List;
import trainer.config.Samples;
import trainer.run.RunLock;
import trainer.run.SamplesFile;
import trainer.sampling.Sampling;
import trainer.sampling.TextGenerator;
import trainer.training.StopSignal;
import trainer.training.TrainingListener;
import trainer.training.TrainingState;

/** Writes sample text every N iterations and at the end; none if N is 0. */
final class SampleListener implements TrainingListener {
  private final RunLock run;
  private final TextGenerator generator;
  private final Samples settings;
  private final long seed;
  private final SamplesFile file;
  private final StopSignal stop;

  /**
   * @param seed of the run; the samples' seed is this plus the iteration
   */
  public SampleListener(
      RunLock run,
      TextGenerator generator,
      Samples settings,
      long seed,
      SamplesFile file,
      StopSignal stop) {
    this.run = run;
    this.generator = generator;
    this.settings = settings;
    this.seed = seed;
    this.file = file;
    this.stop = stop;
  }

  @Override
  public void updated(TrainingState state) {
    boolean wanted = settings.everyIterations() > 0;
    if (!wanted || state.isInterrupted() || !state.isDue(settings.everyIterations())) {
      return;
    }
    List<String> texts = new ArrayList<>();
    for (double temperature : settings.temperatures()) {
      StringBuilder text = new StringBuilder();
      generator.generate(
          settings.prime(),
          settings.length(),
          Sampling.of(temperature),
          seed + state.iteration(),
          stop,
          text::append);
      texts.add(text.toString());
    }
    if (stop.requested()) {
      state.interrupted();
      return;
    }
    run.requireHeld();
    for (int i = 0; i < texts.size(); i++) {
      file.append(state.iteration(), settings.temperatures().get(i), texts.get(i));
    }
  }
}
