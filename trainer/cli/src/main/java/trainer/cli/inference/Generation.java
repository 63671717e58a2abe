package trainer.cli.inference;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import trainer.sampling.Conversation;
import trainer.sampling.Sampling;
import trainer.sampling.TextGenerator;
import trainer.service.inference.GenerationPiece;
import trainer.service.inference.GenerationRequest;
import trainer.service.inference.GenerationStart;
import trainer.service.inference.Prediction;
import trainer.text.Prompt;
import trainer.training.StopSignal;

/** Generates the texts of one request: those of {@code sample} for the same seeds. */
final class Generation {
  private static final int CHARACTERS_PER_TURN = 16;
  private static final long PAUSE = 20_000_000; // nanoseconds between the pieces of a text

  private final GenerationRequest request;
  private final Sampling sampling;
  private final LoadedModel model;
  private final StopSignal stop;

  private Generation(GenerationRequest request, LoadedModel model, StopSignal stop) {
    this.request = request;
    this.sampling = new Sampling(request.temperature(), request.topK(), request.topP());
    this.model = model;
    this.stop = stop;
  }

  /**
   * Generates.
   *
   * @param begun called when the request is known to be good
   * @param piece receives the texts
   * @throws trainer.text.TextException if a prompt has a character outside the vocabulary
   */
  static void run(
      GenerationRequest request,
      LoadedModels models,
      StopSignal stop,
      Consumer<GenerationStart> begun,
      Consumer<GenerationPiece> piece) {
    try (LoadedModels.Held held = models.take(Path.of(request.model()))) {
      Generation generation = new Generation(request, held.model(), stop);
      List<String> prompts = new ArrayList<>();
      List<int[]> read = new ArrayList<>();
      for (String each : request.prompts()) {
        prompts.add(Prompt.of(each, held.model().data()));
        read.add(TextGenerator.read(prompts.get(read.size()), held.model().vocabulary()));
      }
      boolean predicts = request.echo() && request.alternatives() >= 0;
      List<List<Prediction>> predicted = new ArrayList<>();
      for (int i = 0; i < prompts.size(); i++) {
        boolean any = predicts && !prompts.get(i).isEmpty();
        predicted.add(any ? generation.predicted(read.get(i)) : List.of());
      }
      begun.accept(new GenerationStart(prompts, held.model().fingerprint(), predicted));
      for (int i = 0; i < prompts.size() * request.texts() && !stop.requested(); i++) {
        generation.write(i, read.get(i / request.texts()), piece);
      }
    }
  }

  /** The characters of the prompt as the network predicts them. */
  private List<Prediction> predicted(int... read) {
    List<Prediction> predicted = new ArrayList<>();
    Conversation conversation = conversation();
    try {
      inTurns(
          read.length,
          i -> {
            predicted.add(prediction(conversation.logProbabilities(), read[i]));
            conversation.read(read[i]);
            return true;
          });
    } finally {
      model.turn(conversation::close);
    }
    return predicted;
  }

  private Conversation conversation() {
    Conversation[] made = new Conversation[1];
    model.turn(() -> made[0] = model.conversation());
    return made[0];
  }

  private void write(int index, int[] read, Consumer<GenerationPiece> piece) {
    Conversation conversation = conversation();
    try {
      inTurns(
          read.length,
          i -> {
            conversation.read(read[i]);
            return true;
          });
      PendingText text = new PendingText(request.stop());
      SplittableRandom random = new SplittableRandom(request.seed() + index);
      long[] sent = {System.nanoTime() - PAUSE}; // the first character goes at once
      inTurns(
          request.length(),
          i -> {
            conversation.write(
                1,
                sampling,
                random,
                stop,
                drawn ->
                    text.add(
                        drawn,
                        request.alternatives() < 0
                            ? null
                            : prediction(
                                conversation.logProbabilities(),
                                model.vocabulary().index(drawn.codePointAt(0)))));
            if (text.hasFinal() && System.nanoTime() - sent[0] >= PAUSE) {
              piece.accept(text.take(index, null));
              sent[0] = System.nanoTime();
            }
            return !text.isStopped();
          });
      piece.accept(
          text.takeAll(index, text.isStopped() ? GenerationPiece.STOP : GenerationPiece.LENGTH));
    } finally {
      model.turn(conversation::close);
    }
  }

  /** A step, which says whether there is another. */
  private interface Step {
    boolean run(int i);
  }

  private void inTurns(int count, Step step) {
    boolean[] goesOn = {true};
    for (int from = 0; from < count && goesOn[0] && !stop.requested(); ) {
      int first = from;
      int to = Math.min(count, from + CHARACTERS_PER_TURN);
      model.turn(
          () -> {
            for (int i = first; i < to && goesOn[0]; i++) {
              goesOn[0] = step.run(i);
            }
          });
      from = to;
    }
  }

  /**
   * A character as it was predicted.
   *
   * @param logProbabilities null: it was not
   * @param character index in the vocabulary
   */
  private Prediction prediction(float[] logProbabilities, int character) {
    String name = model.vocabulary().character(character);
    if (logProbabilities == null) {
      return new Prediction(name, null, Map.of());
    }
    Map<String, Double> alternatives = new LinkedHashMap<>();
    for (int best : mostProbable(logProbabilities, request.alternatives())) {
      alternatives.put(model.vocabulary().character(best), (double) logProbabilities[best]);
    }
    return new Prediction(name, (double) logProbabilities[character], alternatives);
  }

  private static int[] mostProbable(float[] logProbabilities, int count) {
    int[] best = new int[Math.min(count, logProbabilities.length)];
    int found = 0;
    for (int i = 0; i < logProbabilities.length; i++) {
      int rank = found;
      while (rank > 0 && logProbabilities[best[rank - 1]] < logProbabilities[i]) {
        rank--;
      }
      if (rank < best.length) {
        found = Math.min(found + 1, best.length);
        System.arraycopy(best, rank, best, rank + 1, found - rank - 1);
        best[rank] = i;
      }
    }
    return Arrays.copyOf(best, found);
  }
}
