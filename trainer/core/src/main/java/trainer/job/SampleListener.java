package trainer.job;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import trainer.config.Configuration;
import trainer.config.Samples;
import trainer.run.RunException;
import trainer.run.RunLock;
import trainer.sampling.Sampling;
import trainer.sampling.TextGenerator;
import trainer.text.Prompt;
import trainer.training.DivergenceException;
import trainer.training.Phase;
import trainer.training.StopSignal;
import trainer.training.TrainingListener;
import trainer.training.TrainingState;

/** Writes sample text every N iterations and at the end; none if N is 0. */
final class SampleListener implements TrainingListener {
  private final RunLock run;
  private final TextGenerator generator;
  private final Samples settings;
  private final String prompt;
  private final long seed; // of the run; the samples' seed is this plus the iteration
  private final RunRecords records;
  private final JobReporter reporter;
  private final StopSignal stop;

  public SampleListener(
      RunLock run,
      TextGenerator generator,
      Configuration configuration,
      RunRecords records,
      JobReporter reporter,
      StopSignal stop) {
    this.run = run;
    this.generator = generator;
    this.settings = configuration.samples();
    this.prompt = Prompt.of(settings.prime(), configuration.data());
    this.seed = configuration.seed();
    this.records = records;
    this.reporter = reporter;
    this.stop = stop;
  }

  @Override
  public void updated(TrainingState state) {
    boolean wanted = settings.everyIterations() > 0;
    if (!wanted || state.isInterrupted() || !state.isDue(settings.everyIterations())) {
      return;
    }
    reporter.phase(Phase.SAMPLING, state);
    List<String> texts = new ArrayList<>();
    for (double temperature : settings.temperatures()) {
      StringBuilder text = new StringBuilder();
      try {
        generator.generate(
            prompt,
            settings.length(),
            Sampling.of(temperature),
            seed + state.iteration(),
            stop,
            text::append);
      } catch (RunException e) { // the next loss would not be finite either
        throw new DivergenceException(
            String.format(
                Locale.ROOT,
                "training diverged at iteration %,d: a sample cannot be drawn after the update",
                state.iteration()));
      }
      texts.add(text.toString());
    }
    if (stop.requested()) {
      state.interrupted();
      return;
    }
    run.requireHeld();
    for (int i = 0; i < texts.size(); i++) {
      double temperature = settings.temperatures().get(i);
      records.sample(state.iteration(), temperature, texts.get(i));
      reporter.sample(state.iteration(), temperature, texts.get(i));
    }
  }
}
