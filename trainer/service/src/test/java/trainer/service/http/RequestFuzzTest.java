package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The seeds of {@link RequestFuzz} for every route, and damaged copies of them. */
@Tag("slow")
final class RequestFuzzTest {
  private static final long SEED = 20261129;
  private static final int DAMAGED = 400;
  private static final int ROUTES = 32; // at least as many as have a body

  @BeforeAll
  static void start() throws IOException {
    RequestFuzz.fuzzerInitialize();
  }

  @AfterAll
  static void stop() {
    RequestFuzz.fuzzerTearDown();
  }

  private static void check(byte[] input) {
    assertThatCode(() -> RequestFuzz.fuzzerTestOneInput(input))
        .as("seed %d, input %s", SEED, HexFormat.of().formatHex(input))
        .doesNotThrowAnyException();
  }

  @Test
  void noBodyMakesAnyRouteFail() {
    List<byte[]> seeds = RequestFuzz.seeds();
    for (byte[] seed : seeds) {
      for (int route = 0; route < ROUTES; route++) {
        byte[] input = seed.clone();
        input[0] = (byte) route;
        check(input);
      }
    }
    Random random = new Random(SEED);
    for (int i = 0; i < DAMAGED; i++) {
      byte[] seed = seeds.get(random.nextInt(seeds.size()));
      byte[] input = Arrays.copyOf(seed, 2 + random.nextInt(seed.length));
      for (int j = random.nextInt(4); j >= 0; j--) {
        input[random.nextInt(input.length)] = (byte) random.nextInt(256);
      }
      check(input);
    }
  }
}
