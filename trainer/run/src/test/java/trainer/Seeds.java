package trainer;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsProvider;
import org.junit.jupiter.params.provider.ArgumentsSource;
import org.junit.jupiter.params.support.ParameterDeclarations;

/**
 * Runs a test with each of the seeds 1, 2, ... {@code value} for its {@code SplittableRandom}. The
 * number in brackets after the name of a failed test is the seed. {@code -Dseeds.factor=10} runs
 * ten times as many.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedTest(name = "seed {0}")
@ArgumentsSource(Seeds.Provider.class)
public @interface Seeds {
  int value();

  /** Counts up to the annotation's value. */
  final class Provider implements ArgumentsProvider {
    private static final int FACTOR = Integer.getInteger("seeds.factor", 1);

    @Override
    public Stream<? extends Arguments> provideArguments(
        ParameterDeclarations parameters, ExtensionContext context) {
      int tries = context.getRequiredTestMethod().getAnnotation(Seeds.class).value();
      return LongStream.rangeClosed(1, (long) FACTOR * tries).mapToObj(Arguments::of);
    }
  }
}
