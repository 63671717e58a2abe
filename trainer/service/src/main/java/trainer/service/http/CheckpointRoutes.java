package trainer.service.http;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import trainer.run.RunDirectory;
import trainer.service.runs.Run;
import trainer.service.runs.RunFiles;
import trainer.service.runs.Runs;

/** Lists and sends the checkpoints of a run's newest attempt. */
final class CheckpointRoutes {
  private static final Pattern NAME = Pattern.compile("(0|[1-9][0-9]{0,9})\\.zip");

  private final Runs runs;
  private final RunFiles files;

  private record Entry(String name, long iteration, long bytes, Instant writtenAt) {}

  CheckpointRoutes(Runs runs, RunFiles files) {
    this.runs = runs;
    this.files = files;
  }

  List<Route> routes() {
    String all = Api.RUN + "/checkpoints";
    return List.of(
        new Route(HandlerType.GET, all, Access.READ, this::list),
        new Route(HandlerType.GET, all + "/{name}", Access.READ, this::send));
  }

  private void list(Context context) throws IOException {
    ApiJson.answer(
        context,
        HttpStatus.OK,
        Map.of("checkpoints", entries(files.newest(Api.run(context, runs)))));
  }

  /** Newest first; empty before training starts. */
  private static List<Entry> entries(RunDirectory directory) throws IOException {
    List<Entry> found = new ArrayList<>();
    try (Stream<Path> all = Files.list(directory.checkpoints())) {
      for (Path file : (Iterable<Path>) all::iterator) {
        Matcher name = NAME.matcher(file.getFileName().toString());
        if (name.matches()) {
          add(found, file, Long.parseLong(name.group(1)));
        }
      }
    } catch (NoSuchFileException e) {
      // no checkpoint yet
    }
    found.sort(Comparator.comparingLong(Entry::iteration).reversed());
    return found;
  }

  private static void add(List<Entry> found, Path file, long iteration) throws IOException {
    try {
      BasicFileAttributes attributes =
          Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      if (attributes.isRegularFile()) {
        found.add(
            new Entry(
                iteration + ".zip",
                iteration,
                attributes.size(),
                attributes.lastModifiedTime().toInstant()));
      }
    } catch (NoSuchFileException e) {
      // The trainer has just deleted it.
    }
  }

  private void send(Context context) throws IOException {
    Run run = Api.run(context, runs);
    String given = context.pathParam("name");
    Matcher name = NAME.matcher(given);
    if (!name.matches()) {
      throw new ApiProblem(
          HttpStatus.NOT_FOUND,
          "'%s' is no checkpoint: the names are ITERATION.zip".formatted(given));
    }
    Path file = files.newest(run).checkpoint(Long.parseLong(name.group(1)));
    context.header(
        "Content-Disposition", "attachment; filename=\"%s-%s\"".formatted(run.id(), given));
    RecordRoutes.send(
        context,
        file,
        "application/zip",
        "%s has no checkpoint %s (any more): see %s/runs/%s/checkpoints"
            .formatted(run.id(), given, Api.ROOT, run.id()));
  }
}
