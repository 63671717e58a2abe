package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A detail may repeat a large request; what is too long is cut between two characters. */
class ApiProblemTest {

  @ParameterizedTest
  @CsvSource({"30000, 30000", "29998, 30000", "29999, 30000", "40000, 30001"})
  void aLongDetailIsCut(int letters, int length) throws IOException {
    String detail = "x".repeat(letters) + (letters < 30_000 ? "😀" : "");

    String answered =
        JsonMapper.builder()
            .build()
            .readTree(new ApiProblem(HttpStatus.CONFLICT, detail).document("/"))
            .get("detail")
            .asText();

    assertThat(answered.length()).isEqualTo(length);
    assertThat(answered.matches(detail.length() == length ? "x+😀?" : "x+…")).isTrue();
  }
}
