package trainer.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import trainer.Seeds;
import trainer.config.Compute.EngineType;
import trainer.config.Compute.Precision;
import trainer.config.Data.Newlines;
import trainer.config.Data.Normalization;
import trainer.config.Data.Separator;
import trainer.config.Data.Shuffle;
import trainer.config.Data.UnknownCharacters;
import trainer.config.Layer.CellType;
import trainer.config.Training.Remainder;
import trainer.config.binding.Selection;

/** Any configuration, written and read again, is the same. */
class ConfigurationRoundTripTest {
  /** Texts that YAML reads as something else unless they are quoted. */
  private static final List<String> ODD_TEXTS =
      List.of(
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
          "\uFEFF");

  @Seeds(150)
  void aWrittenConfigurationReadsBackEqual(long seed) {
    Configuration configuration = new RandomValues(seed).configuration();
    String yaml = ConfigurationWriter.toYaml(configuration);
    Configuration read = ConfigurationLoader.parse(yaml, "config.yml", List.of());

    assertThat(read).isEqualTo(configuration);
    assertThat(ConfigurationWriter.toYaml(read)).isEqualTo(yaml);
  }

  /** Random valid values, about every fourth at the limit of its range. */
  private static final class RandomValues {
    private final SplittableRandom random;

    RandomValues(long seed) {
      random = new SplittableRandom(seed);
    }

    Configuration configuration() {
      return new Configuration(
          name(),
          of(0L, -1L, Long.MIN_VALUE, Long.MAX_VALUE, random.nextLong(), random.nextLong()),
          data(),
          model(),
          training(),
          new Evaluation(count()),
          new Checkpoints(
              count(), orNull(this::positive), count(), count(), orNull(this::positive)),
          new Samples(
              count(), count(), list(4, this::positive), orNull(this::text), random.nextBoolean()),
          new TensorBoard(orNull(this::name)),
          new MlFlow(orNull(() -> "http://" + name() + ":5000/"), name()),
          new Compute(
              EngineType.CUDA,
              random.nextInt(8),
              0,
              Precision.BFLOAT16,
              1,
              of(Selection.ONE, Selection.ALL, Selection.of(List.of(3))),
              of(Compute.Recurrence.values())));
    }

    private String name() {
      String characters = "abzAZ019_-.";
      StringBuilder name = new StringBuilder();
      for (int left = of(1, 2, 100, random.nextInt(1, 100)); left > 0; left--) {
        int first = name.isEmpty() ? characters.length() - 2 : characters.length();
        name.append(characters.charAt(random.nextInt(first)));
      }
      return name.toString();
    }

    private Data data() {
      double share = random.nextInt(100, 501) / 1000.0;
      return new Data(
          list(3, this::path),
          null,
          null,
          of(StandardCharsets.UTF_8, Charset.forName("GB18030")),
          orNull(() -> of(Separator.values())),
          of(Normalization.values()),
          of(Newlines.values()),
          orNull(this::path),
          of(UnknownCharacters.values()),
          of(Shuffle.values()),
          List.of(share, 1 - share, 0.0),
          random.nextInt(1, 1001));
    }

    private Model model() {
      double bias = Double.longBitsToDouble(random.nextLong());
      return new Model(
          list(4, () -> new Layer(of(CellType.values()), count(), random.nextInt(9901) / 1e4)),
          of(0.0, 1.0, -Double.MAX_VALUE, Double.isFinite(bias) ? bias : 0.5),
          of(new Initializer.Xavier(), new Initializer.Uniform(positive())));
    }

    private Training training() {
      return new Training(
          count(),
          count(),
          orNull(() -> of(Remainder.values())),
          count(),
          orNull(this::count),
          orNull(this::positive),
          of(
              new Optimizer.Adam(positive(), 0.5, 0.75, 1e-8),
              new Optimizer.AdamW(positive(), 0.5, 0.75, 1e-7, 0.125),
              new Optimizer.RmsProp(positive(), 0.5, 1e-6),
              new Optimizer.Sgd(positive(), 0)),
          of(
              new Schedule.Constant(count()),
              new Schedule.Step(0, null, count(), null, count(), 0.5),
              new Schedule.Exponential(count(), count(), null, count(), null, 1),
              new Schedule.Linear(3, positive()),
              new Schedule.Cosine(0, positive())),
          of(
              new GradientClipping.Norm(positive()),
              new GradientClipping.Value(positive()),
              new GradientClipping.None()),
          new Training.EarlyStopping(orNull(this::count), 0.125));
    }

    private int count() {
      return of(1, 2, Integer.MAX_VALUE, random.nextInt(1, Integer.MAX_VALUE));
    }

    private double positive() {
      double few = random.nextInt(1_000, 1_000_000_000) / 1e6;
      return random.nextInt(2) == 0 ? few : of(Double.MIN_VALUE, 1e-8, 1e22, Double.MAX_VALUE);
    }

    private String path() {
      return text().replace("\0", "/");
    }

    private String text() {
      if (random.nextBoolean()) {
        return ODD_TEXTS.get(random.nextInt(ODD_TEXTS.size()));
      }
      StringBuilder text = new StringBuilder();
      for (int left = random.nextInt(1, 21); left > 0; left--) {
        int character = random.nextInt(of(0x80, 0x800, 0x10000, Character.MAX_CODE_POINT + 1));
        boolean surrogate = Character.getType(character) == Character.SURROGATE;
        text.appendCodePoint(surrogate ? 'x' : character);
      }
      return text.toString();
    }

    private <T> List<T> list(int most, Supplier<T> element) {
      List<T> list = new ArrayList<>();
      for (int left = random.nextInt(1, most + 1); left > 0; left--) {
        list.add(element.get());
      }
      return List.copyOf(list);
    }

    private <T> T orNull(Supplier<T> value) {
      return random.nextBoolean() ? value.get() : null;
    }

    @SafeVarargs
    private <T> T of(T... values) {
      return values[random.nextInt(values.length)];
    }
  }
}
