package trainer.training;

import java.util.function.IntToDoubleFunction;
import trainer.config.Schedule;

/**
 * The learning rate of each update.
 *
 * @param initial the optimizer's rate
 * @param iterations updates of the whole run, the length of linear and cosine schedules
 * @param perEpoch updates of an epoch, the unit of schedules in epochs
 */
public record LearningRates(Schedule schedule, double initial, long iterations, long perEpoch)
    implements IntToDoubleFunction {

  /** The rate of update {@code iteration}, counted from 0. */
  @Override
  public double applyAsDouble(int iteration) {
    int warmup = schedule.warmupIterations();
    double rate = scheduled(iteration);
    return iteration < warmup ? rate * ((iteration + 1.0) / warmup) : rate;
  }

  private double scheduled(int iteration) {
    if (schedule instanceof Schedule.Step step) {
      long every = step.every(perEpoch);
      long decaying = iteration - step.after(perEpoch, every);
      return initial * Math.pow(step.factor(), (double) (decaying < 0 ? 0 : decaying / every + 1));
    } else if (schedule instanceof Schedule.Exponential decay) {
      long decaying = Math.max(0, iteration - decay.after(perEpoch, 0));
      return initial * Math.pow(decay.factor(), decaying / (double) decay.every(perEpoch));
    } else if (schedule instanceof Schedule.Linear line) {
      return between(line.finalLearningRate(), remaining(iteration));
    } else if (schedule instanceof Schedule.Cosine cosine) {
      double height = (1 + Math.cos(Math.PI * (1 - remaining(iteration)))) / 2;
      return between(cosine.finalLearningRate(), height);
    }
    return initial;
  }

  /** The final rate at height 0, the initial one at 1, each exactly. */
  private double between(double last, double height) {
    return initial * height + last * (1 - height);
  }

  /** From 1 at the end of the warm-up to 0 at the end of the run. */
  private double remaining(int iteration) {
    double warmup = schedule.warmupIterations();
    double done = (iteration - warmup) / Math.max(1, iterations - 1 - warmup);
    return 1 - Math.min(1, Math.max(0, done));
  }
}
