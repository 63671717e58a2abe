package trainer.service.schedule;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import trainer.file.TrainerException;
import trainer.run.RunDirectory;
import trainer.service.schedule.Evaluation.Score;

/** The commands {@code train} and {@code evaluate} for {@link UnigramModels}, to be killed. */
public final class UnigramTrainer {
  private static final int MOST_MILLISECONDS = 300; // of a pause, in which it may be killed

  private UnigramTrainer() {}

  public static void main(String[] words) throws Exception {
    List<String> arguments = Arrays.asList(words);
    try {
      if (words[0].equals("train")) {
        train(arguments);
      } else {
        evaluate(arguments);
      }
    } catch (TrainerException e) {
      System.err.println("error: " + e.getMessage());
      Runtime.getRuntime().halt(2);
    }
  }

  private static void train(List<String> arguments) throws Exception {
    Thread watch = new Thread(UnigramTrainer::endWithTheService);
    watch.setDaemon(true);
    watch.start();
    RunDirectory run = new RunDirectory(Path.of(after(arguments, "--output")));
    String initial = after(arguments, "--init-from");
    pause();
    UnigramModels.train(
        run,
        Files.readString(Path.of(arguments.get(1))),
        initial == null ? null : Path.of(initial),
        0);
    Files.writeString(run.checkpoint(1), "one");
    pause();
  }

  private static void evaluate(List<String> arguments) throws Exception {
    String like = arguments.get(2).substring("--like=".length());
    Score score =
        UnigramModels.evaluate(
            new RunDirectory(Path.of(arguments.get(1))),
            new RunDirectory(Path.of(like)),
            arguments.get(3));
    pause();
    System.out.printf(
        Locale.ROOT,
        "{\"sha256\":\"%s\",\"characters\":%d,\"unknown_characters\":%d,"
            + "\"nats_per_character\":%s}%n",
        score.sha256(),
        score.characters(),
        score.unknown(),
        score.loss());
  }

  private static void pause() throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(new Random().nextInt(MOST_MILLISECONDS));
  }

  private static String after(List<String> arguments, String option) {
    int place = arguments.indexOf(option);
    return place < 0 ? null : arguments.get(place + 1);
  }

  private static void endWithTheService() {
    try {
      while (System.in.read() >= 0) {
        // nothing there
      }
    } catch (IOException e) {
      // As if it had ended.
    }
    Runtime.getRuntime().halt(143);
  }
}
