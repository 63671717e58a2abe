package trainer.service.http;

import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import trainer.file.FileErrors;
import trainer.file.LocaleEncoding;
import trainer.service.datasets.DatasetRoots;
import trainer.service.datasets.Uploads;
import trainer.service.datasets.Uploads.RefusedException;
import trainer.service.datasets.Uploads.Taken;

/** Lists and uploads texts. */
final class DatasetRoutes {
  private static final Logger LOG = LoggerFactory.getLogger(DatasetRoutes.class);
  private static final int AT_A_TIME = 4;
  private static final Pattern SHA256 = Pattern.compile("[0-9a-fA-F]{64}");

  private final DatasetRoots roots;
  private final Uploads uploads;
  private final Quota quota =
      new Quota(
          AT_A_TIME, 30, "%d uploads are running, the limit: retry later".formatted(AT_A_TIME));

  /**
   * @param unlisted files whose names this process cannot express, and so not open
   */
  private record Datasets(List<Entry> datasets, int unlisted, long uploadBytes) {}

  private record Entry(String name, long bytes) {}

  private record Uploaded(String name, long bytes, String sha256) {}

  DatasetRoutes(DatasetRoots roots, Uploads uploads) {
    this.roots = roots;
    this.uploads = uploads;
  }

  List<Route> routes() {
    String all = Api.ROOT + "/datasets";
    return List.of(
        new Route(HandlerType.GET, all, Access.READ, this::list),
        new Route(HandlerType.PUT, all + "/{name}", Access.SUBMIT, Body.TEXT, this::upload)
            .with("sha256", "replace"),
        new Route(HandlerType.DELETE, all + "/{name}", Access.ADMIN, this::delete));
  }

  private void list(Context context) throws IOException {
    List<Entry> entries = new ArrayList<>();
    int unlisted = 0;
    for (Path file : roots.list()) {
      String name = file.getFileName().toString();
      if (LocaleEncoding.isWhole(name)) {
        entries.add(new Entry(name, file.toFile().length())); // 0 if it has just been deleted
      } else {
        unlisted++;
      }
    }
    ApiJson.answer(context, HttpStatus.OK, new Datasets(entries, unlisted, uploads.mostBytes()));
  }

  private void delete(Context context) throws IOException {
    String name = context.pathParam("name");
    if (uploads.mostBytes() == 0) {
      throw new ApiProblem(
          HttpStatus.CONFLICT, "this service takes no uploads and deletes no texts");
    }
    if (!uploads.delete(name)) {
      throw new ApiProblem(
          HttpStatus.NOT_FOUND, "there is no text '%s' in the folder of uploads".formatted(name));
    }
    LOG.info("{}: deleted by {}", name, Guard.caller(context).name());
    context.status(HttpStatus.NO_CONTENT);
  }

  @SuppressWarnings("try") // held until the text is there
  private void upload(Context context) {
    String sha256 = context.queryParam("sha256");
    if (sha256 != null && !SHA256.matcher(sha256).matches()) {
      throw new ApiProblem(
          HttpStatus.UNPROCESSABLE_CONTENT, "sha256: must be 64 hexadecimal digits");
    }
    long announced = context.req().getContentLengthLong();
    if (announced > uploads.mostBytes()) {
      throw new ApiProblem(
          HttpStatus.CONTENT_TOO_LARGE,
          String.format(
              Locale.ROOT,
              "a text may have at most %,d bytes, not %,d",
              uploads.mostBytes(),
              announced));
    }
    boolean replace = replace(context.queryParam("replace"));
    try (Quota.Held held = quota.take(context)) {
      Taken taken =
          uploads.take(context.pathParam("name"), context.req().getInputStream(), sha256, replace);
      LOG.info("{}: {} bytes from {}", taken.name(), taken.bytes(), Guard.caller(context).name());
      ApiJson.answer(
          context,
          taken.created() ? HttpStatus.CREATED : HttpStatus.OK,
          new Uploaded(taken.name(), taken.bytes(), taken.sha256()));
    } catch (RefusedException e) {
      throw new ApiProblem(
          switch (e.refusal()) {
            case NAME, EMPTY, OTHER_CHECKSUM -> HttpStatus.UNPROCESSABLE_CONTENT;
            case CUT_OFF -> HttpStatus.BAD_REQUEST;
            case TOO_SLOW -> HttpStatus.REQUEST_TIMEOUT;
            case THERE_ALREADY -> HttpStatus.CONFLICT;
            case TOO_LARGE -> HttpStatus.CONTENT_TOO_LARGE;
          },
          e.getMessage());
    } catch (IOException e) {
      LOG.warn("upload failed: {}", FileErrors.withFile(e));
      throw ApiProblem.busy(
          "the text cannot be written (%s): retry later".formatted(FileErrors.reason(e)), 60);
    }
  }

  private static boolean replace(String word) {
    return switch (word == null ? "false" : word) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new ApiProblem(
              HttpStatus.UNPROCESSABLE_CONTENT,
              "replace='%s': must be true or false".formatted(word));
    };
  }
}
