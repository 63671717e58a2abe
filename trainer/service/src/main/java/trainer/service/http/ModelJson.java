package trainer.service.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import trainer.service.registry.Alias;
import trainer.service.registry.ModelVersion;
import trainer.service.registry.Promotion;
import trainer.service.registry.Registry.Model;

/** How models, versions and decisions look in JSON. */
final class ModelJson {
  private ModelJson() {}

  static ObjectNode model(Model model) {
    ObjectNode node = ApiJson.object();
    node.put("name", model.name());
    node.put("versions_in_all", model.versions());
    node.set("champion", model.champion() == null ? null : version(model.champion()));
    node.set("challenger", model.challenger() == null ? null : version(model.challenger()));
    return node;
  }

  static ObjectNode version(ModelVersion version) {
    ObjectNode node = ApiJson.object();
    node.put("model", version.model());
    node.put("version", version.version());
    ArrayNode aliases = node.putArray("aliases");
    if (version.champion()) {
      aliases.add(Alias.CHAMPION.word());
    }
    if (version.challenger()) {
      aliases.add(Alias.CHALLENGER.word());
    }
    node.put("run", version.run());
    node.put("sha256", version.sha256());
    node.put("bytes", version.bytes());
    node.put("corpus_sha256", version.corpusSha256());
    node.put("iteration", version.iteration());
    node.put("validation_loss", version.validationLoss());
    node.put("registered_by", version.registeredBy());
    node.put("registered_at", version.registeredAt().toString());
    node.put("deleted_at", version.deletedAt() == null ? null : version.deletedAt().toString());
    return node;
  }

  static ArrayNode versions(List<ModelVersion> versions) {
    ArrayNode list = ApiJson.object().arrayNode();
    versions.forEach(version -> list.add(version(version)));
    return list;
  }

  static ObjectNode promotion(Promotion promotion) {
    ObjectNode node = ApiJson.object();
    node.put("number", promotion.number());
    node.put("model", promotion.model());
    node.put("kind", promotion.kind().word());
    node.put("version", promotion.version());
    node.put("champion_before", promotion.champion());
    node.put("decided_by", promotion.decidedBy());
    node.put("decided_at", promotion.decidedAt().toString());
    node.put("reason", promotion.reason());
    node.set("figures", promotion.figures() == null ? null : ApiJson.stored(promotion.figures()));
    return node;
  }
}
