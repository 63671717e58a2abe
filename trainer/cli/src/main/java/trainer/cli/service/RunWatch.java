package trainer.cli.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import trainer.cli.console.Console;
import trainer.cli.console.ExitCode;
import trainer.run.RunException;

/** Streams the log of a run. */
record RunWatch(ServiceClient service, String id) {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String EVENT = "event: ";
  private static final String DATA = "data: ";

  /** Checks that an id can be part of a path. */
  static String checked(String id) {
    if (!id.matches("[A-Za-z0-9._-]+")) {
      throw new RunException("'%s' is not a run id: list the runs with 'runs'".formatted(id));
    }
    return id;
  }

  /** Streams until the run ends; returns the exit code. */
  int toEnd() {
    String state = "";
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                service.events("/runs/" + id + "/events"), StandardCharsets.UTF_8))) {
      String event = "";
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(EVENT)) {
          event = line.substring(EVENT.length());
        } else if (line.startsWith(DATA) && event.equals("state")) {
          state = show(state, JSON.readTree(line.substring(DATA.length())));
        } else if (line.startsWith(DATA) && event.equals("log")) {
          JSON.readTree(line.substring(DATA.length()))
              .path("lines")
              .forEach(text -> Console.line(text.asText()));
        } else if (line.startsWith(DATA) && event.equals("end")) {
          return state.equals("succeeded") ? 0 : ExitCode.FAILED;
        }
      }
    } catch (IOException e) {
      throw ServiceException.failed("the connection was lost (%s): watch again".formatted(e), e);
    }
    throw ServiceException.failed(
        "the service closed the stream while the run was %s: watch again".formatted(state), null);
  }

  private String show(String before, JsonNode run) {
    String state = run.path("state").asText();
    if (!state.equals(before)) {
      String reason = run.path("reason").asText("");
      Console.line(id + ": " + state + (reason.isEmpty() ? "" : " (" + reason + ")"));
    }
    return state;
  }
}
