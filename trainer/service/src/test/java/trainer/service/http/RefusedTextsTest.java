package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Texts that a submitted configuration may not name. */
@Tag("slow")
final class RefusedTextsTest {
  @TempDir private Path folder;

  @Test
  void whatCanNeverTrainIsRefusedWhenItIsSubmitted() throws IOException {
    Path datasets = folder.resolve("datasets");
    try (TestService service = TestService.open(folder)) {
      Path half = Files.writeString(datasets.resolve(".upload-0"), "half a text\n");
      String configuration = TestService.configuration(1);
      for (String corpus : List.of(".upload-0", "'.upload-*'", "'.*'")) {
        assertRefused(service, configuration.replace("text.txt", corpus), "names begin with '.'");
      }
      Files.delete(half);
      for (String vocabulary : List.of("'t*'", "'*'", "'**'")) {
        assertRefused(
            service,
            configuration.replace("text.txt}", "text.txt, vocabulary: " + vocabulary + "}"),
            "a vocabulary is one file, not a pattern");
      }
      Files.write(datasets.resolve("text.gz"), new byte[] {0x1F, (byte) 0x8B, 8, 0});
      assertRefused(
          service, configuration.replace("text.txt", "text.gz"), "a gzip file, not a text");
    }
  }

  private static void assertRefused(TestService service, String configuration, String why) {
    HttpResponse<String> answer = service.submit(configuration);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(422);
    assertThat(TestService.json(answer).path("detail").asText()).contains(why);
  }
}
