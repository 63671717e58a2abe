package trainer.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import trainer.config.binding.RecordType;

/** The JSON Schema of a configuration, for completion and checks in editors. */
public final class ConfigurationSchema {
  private ConfigurationSchema() {}

  /** Generates the schema, draft 2020-12, from the records. */
  public static String toJson() {
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    schema.put("title", "Configuration of a character-RNN training run");
    schema.setAll(RecordType.of(Configuration.class).schema());
    schema
        .withObject("/properties")
        .putObject("extends")
        .put("type", "string")
        .put("description", "a YAML file whose keys hold where this one does not set them");
    // What one that extends another lacks, that one may have.
    schema.putObject("if").putArray("required").add("extends");
    ObjectNode alone = schema.putObject("else");
    alone.set("required", schema.remove("required"));
    ObjectNode data = (ObjectNode) schema.at("/properties/data");
    alone.withObject("/properties/data").set("required", data.remove("required"));
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter);
    try {
      return new ObjectMapper().writer(printer).writeValueAsString(schema) + "\n";
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
