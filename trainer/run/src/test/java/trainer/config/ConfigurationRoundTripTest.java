package trainer.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.Data.Newlines;
import trainer.config.Data.Normalization;
import trainer.config.Data.UnknownCharacters;
import trainer.config.Layer.CellType;

/** Any configuration, written and read again, is the same. */
class ConfigurationRoundTripTest {

  @Property(tries = 300, seed = "1")
  void whatIsWrittenReadsBackEqual(@ForAll("configurations") Configuration configuration) {
    String yaml = ConfigurationWriter.toYaml(configuration);
    Configuration read = ConfigurationLoader.parse(yaml, "config.yml", List.of());

    assertThat(read).isEqualTo(configuration);
    assertThat(ConfigurationWriter.toYaml(read)).isEqualTo(yaml);
  }

  @Provide
  Arbitrary<Configuration> configurations() {
    return Combinators.combine(
            Arbitraries.strings()
                .withChars("abzAZ019._-")
                .ofMinLength(1)
                .ofMaxLength(100)
                .filter(name -> !name.startsWith(".")),
            Arbitraries.longs(),
            data(),
            model(),
            training(),
            counts().map(Evaluation::new),
            checkpoints(),
            samples())
        .as(
            (name, seed, data, model, training, evaluation, checkpoints, samples) ->
                new Configuration(
                    name,
                    seed,
                    data,
                    model,
                    training,
                    evaluation,
                    checkpoints,
                    samples,
                    new Compute(EngineType.CPU, (int) (seed & 7), Precision.BFLOAT16)));
  }

  private static Arbitrary<String> texts() {
    return Arbitraries.oneOf(
        Arbitraries.strings().ofMinLength(1).ofMaxLength(20).filter(text -> isWellFormed(text)),
        Arbitraries.of(
            "null",
            "~",
            "true",
            "no",
            "3",
            "1e5",
            ".inf",
            "- a",
            "a: b",
            "a #b",
            "#",
            "'",
            "\"",
            "\\",
            "@",
            "`",
            "[a]",
            "{a}",
            " a ",
            "\n",
            "a\nb",
            "\t",
            "\u0085",
            "\u2028",
            "😀",
            "*a",
            "&a",
            "!a",
            "%a",
            "|",
            ">",
            "?",
            "ROMEO:\n",
            "..",
            "./a",
            "/a/b",
            "=",
            "<<",
            "\uFEFF"));
  }

  private static boolean isWellFormed(String text) {
    return text.codePoints()
        .noneMatch(character -> Character.getType(character) == Character.SURROGATE);
  }

  private static Arbitrary<Integer> counts() {
    return Arbitraries.integers().between(1, Integer.MAX_VALUE);
  }

  private static Arbitrary<Double> positive() {
    return Arbitraries.oneOf(
        Arbitraries.doubles().between(1e-3, 1e3).ofScale(6),
        Arbitraries.of(Double.MIN_VALUE, 1e-8, 1e22, Double.MAX_VALUE));
  }

  private static Arbitrary<Data> data() {
    Arbitrary<String> paths = texts().filter(text -> text.indexOf('\0') < 0);
    return Combinators.combine(
            paths.list().ofMinSize(1).ofMaxSize(3),
            Arbitraries.of(Normalization.class),
            Arbitraries.of(Newlines.class),
            paths.injectNull(0.5),
            Arbitraries.of(UnknownCharacters.class),
            Arbitraries.doubles().between(0.1, 0.5).ofScale(3))
        .as(
            (corpus, normalize, newlines, vocabulary, unknown, share) ->
                new Data(
                    corpus,
                    null,
                    null,
                    normalize,
                    newlines,
                    vocabulary,
                    unknown,
                    List.of(share, 1 - share, 0.0)));
  }

  private static Arbitrary<Model> model() {
    Arbitrary<Layer> layers =
        Combinators.combine(
                Arbitraries.of(CellType.class),
                counts(),
                Arbitraries.doubles().between(0, 0.99).ofScale(4))
            .as(Layer::new);
    Arbitrary<Initializer> initializers =
        Arbitraries.oneOf(
            Arbitraries.just(new Initializer.Xavier()), positive().map(Initializer.Uniform::new));
    return Combinators.combine(
            layers.list().ofMinSize(1).ofMaxSize(4), Arbitraries.doubles(), initializers)
        .as(Model::new);
  }

  private static Arbitrary<Training> training() {
    return Combinators.combine(
            counts(),
            counts(),
            counts(),
            counts().injectNull(0.5),
            optimizers(),
            schedules(),
            clipping(),
            counts().injectNull(0.5))
        .as(
            (batch, length, epochs, iterations, optimizer, schedule, clipping, patience) ->
                new Training(
                    batch,
                    length,
                    epochs,
                    iterations,
                    optimizer,
                    schedule,
                    clipping,
                    new Training.EarlyStopping(patience, 0.125)));
  }

  private static Arbitrary<Optimizer> optimizers() {
    Arbitrary<Double> rates = positive();
    return Arbitraries.oneOf(
        rates.map(rate -> new Optimizer.Adam(rate, 0.5, 0.75, 1e-8)),
        rates.map(rate -> new Optimizer.AdamW(rate, 0.5, 0.75, 1e-7, 0.125)),
        rates.map(rate -> new Optimizer.RmsProp(rate, 0.5, 1e-6)),
        rates.map(rate -> new Optimizer.Sgd(rate, 0)));
  }

  private static Arbitrary<Schedule> schedules() {
    return Arbitraries.oneOf(
        counts().map(Schedule.Constant::new),
        counts().map(count -> new Schedule.Step(0, count, 0.5)),
        counts().map(count -> new Schedule.Exponential(count, count, 1)),
        positive().map(rate -> new Schedule.Linear(3, rate)),
        positive().map(rate -> new Schedule.Cosine(0, rate)));
  }

  private static Arbitrary<GradientClipping> clipping() {
    return Arbitraries.oneOf(
        positive().map(GradientClipping.Norm::new),
        positive().map(GradientClipping.Value::new),
        Arbitraries.just(new GradientClipping.None()));
  }

  private static Arbitrary<Checkpoints> checkpoints() {
    return Combinators.combine(
            counts(), positive().injectNull(0.5), counts(), counts(), positive().injectNull(0.5))
        .as(Checkpoints::new);
  }

  private static Arbitrary<Samples> samples() {
    return Combinators.combine(
            counts(),
            counts(),
            positive().list().ofMinSize(1).ofMaxSize(4),
            texts().injectNull(0.3))
        .as(Samples::new);
  }
}
