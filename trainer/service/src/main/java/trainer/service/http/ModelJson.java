package trainer.service.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import trainer.service.registry.Alias;
import trainer.service.registry.ModelVersion;
import trainer.service.registry.Promotion;
import trainer.service.registry.Registry.Model;

/** The JSON of models, versions and decisions. */
final class ModelJson {
  private ModelJson() {}

  private record ModelView(
      String name, int versionsInAll, VersionView champion, VersionView challenger) {}

  private record VersionView(
      String model,
      int version,
      List<String> aliases,
      String run,
      String sha256,
      long bytes,
      String corpusSha256,
      Integer iteration,
      Double validationLoss,
      String registeredBy,
      Instant registeredAt,
      Instant deletedAt) {}

  private record PromotionView(
      long number,
      String model,
      String kind,
      int version,
      Integer championBefore,
      String decidedBy,
      Instant decidedAt,
      String reason,
      JsonNode figures) {}

  static ObjectNode model(Model model) {
    return ApiJson.tree(
        new ModelView(
            model.name(), model.versions(), view(model.champion()), view(model.challenger())));
  }

  static ObjectNode version(ModelVersion version) {
    return ApiJson.tree(view(version));
  }

  static ArrayNode versions(List<ModelVersion> versions) {
    return ApiJson.tree(versions.stream().map(ModelJson::view).toList());
  }

  private static VersionView view(ModelVersion version) {
    if (version == null) {
      return null;
    }
    List<String> aliases = new ArrayList<>();
    if (version.champion()) {
      aliases.add(Alias.CHAMPION.word());
    }
    if (version.challenger()) {
      aliases.add(Alias.CHALLENGER.word());
    }
    return new VersionView(
        version.model(),
        version.version(),
        aliases,
        version.run(),
        version.sha256(),
        version.bytes(),
        version.corpusSha256(),
        version.iteration(),
        version.validationLoss(),
        version.registeredBy(),
        version.registeredAt(),
        version.deletedAt());
  }

  static ObjectNode promotion(Promotion promotion) {
    return ApiJson.tree(
        new PromotionView(
            promotion.number(),
            promotion.model(),
            promotion.kind().word(),
            promotion.version(),
            promotion.champion(),
            promotion.decidedBy(),
            promotion.decidedAt(),
            promotion.reason(),
            ApiJson.stored(promotion.figures())));
  }
}
