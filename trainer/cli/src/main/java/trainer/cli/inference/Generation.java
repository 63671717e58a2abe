package trainer.cli.inference;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
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
   * @param piece receives the texts, those of a batch side by side
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
      List<Prompted> prompted = new ArrayList<>();
      List<Written> written = new ArrayList<>();
      for (String each : request.prompts()) {
        String prompt = Prompt.of(each, held.model().data());
        int[] read = TextGenerator.read(prompt, held.model().vocabulary());
        prompts.add(prompt);
        prompted.add(generation.new Prompted(prompt.isEmpty() ? new int[0] : read));
        for (int i = 0; i < request.texts(); i++) {
          written.add(generation.new Written(written.size(), read, piece));
        }
      }
      if (request.echo() && request.alternatives() >= 0) {
        generation.read(prompted);
      }
      begun.accept(
          new GenerationStart(
              prompts,
              held.model().fingerprint(),
              prompted.stream().map(prompt -> prompt.predicted).toList()));
      generation.read(written);
    }
  }

  /** Reads texts, so many at once. */
  private void read(List<? extends Lanes.Text> texts) {
    for (int from = 0; from < texts.size(); from += model.lanes()) {
      int to = Math.min(texts.size(), from + model.lanes());
      Lanes.read(model, texts.subList(from, to), stop);
    }
  }

  /** A prompt as the network predicts it. */
  private final class Prompted implements Lanes.Text {
    private final int[] prompt;
    private final List<Prediction> predicted = new ArrayList<>();

    Prompted(int... prompt) {
      this.prompt = prompt;
    }

    @Override
    public int next(float[] logProbabilities) {
      int at = predicted.size();
      if (at == prompt.length) {
        return END;
      }
      predicted.add(prediction(logProbabilities, prompt[at]));
      return prompt[at];
    }
  }

  /** A text that continues a prompt. */
  private final class Written implements Lanes.Text {
    private final int index;
    private final int[] prompt;
    private final Consumer<GenerationPiece> pieces;
    private final SplittableRandom random;
    private final PendingText text = new PendingText(request.stop());
    private int read; // characters of the prompt
    private int written;
    private long sent = System.nanoTime() - PAUSE; // the first character goes at once

    Written(int index, int[] prompt, Consumer<GenerationPiece> pieces) {
      this.index = index;
      this.prompt = prompt;
      this.pieces = pieces;
      random = new SplittableRandom(request.seed() + index);
    }

    @Override
    public int next(float[] logProbabilities) {
      if (read < prompt.length && request.length() > 0) {
        return prompt[read++];
      }
      int character = written < request.length() ? draw(logProbabilities) : END;
      if (text.isStopped() || written == request.length()) {
        pieces.accept(
            text.takeAll(index, text.isStopped() ? GenerationPiece.STOP : GenerationPiece.LENGTH));
        return END;
      }
      if (text.hasFinal() && System.nanoTime() - sent >= PAUSE) {
        pieces.accept(text.take(index, null));
        sent = System.nanoTime();
      }
      return character;
    }

    private int draw(float... logProbabilities) {
      int drawn = sampling.draw(logProbabilities, random);
      written++;
      text.add(
          model.vocabulary().character(drawn),
          request.alternatives() < 0 ? null : prediction(logProbabilities, drawn));
      return drawn;
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
