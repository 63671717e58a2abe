package trainer.insight;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import trainer.insight.Memories.LayerMemory;

/** Writes an explanation as one JSON object; docs/how-it-works.md describes it. */
public final class ExplanationJson {
  private static final double DECIMALS = 1e6; // of states and gates

  private final JsonGenerator json;
  private final Explanation found;
  private final List<UnitMemory> shown;

  private ExplanationJson(JsonGenerator json, Explanation found, List<UnitMemory> shown) {
    this.json = json;
    this.found = found;
    this.shown = shown;
  }

  /** Writes the object with all units, and a line end. */
  public static void write(Explanation found, OutputStream out) throws IOException {
    write(found, Integer.MAX_VALUE, out);
  }

  /**
   * Writes the object, and a line end.
   *
   * @param units how many, those first that follow something most closely; gates have the same
   *     units
   */
  public static void write(Explanation found, int units, OutputStream out) throws IOException {
    JsonGenerator json = new JsonFactory().createGenerator(out);
    json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
    List<UnitMemory> all = found.units();
    new ExplanationJson(json, found, all.subList(0, Math.min(units, all.size()))).write();
    json.writeRaw('\n');
    json.close();
  }

  private void write() throws IOException {
    json.writeStartObject();
    json.writeStringField("checkpoint", found.checkpoint().toString());
    json.writeNumberField("iteration", found.iteration());
    json.writeStringField("text", found.source());
    writeCharacters();
    json.writeNumberField("nats_per_character", found.natsPerCharacter());
    json.writeNumberField("unknown_characters", found.unknown().count());
    if (!found.units().isEmpty()) {
      writeUnits();
    }
    if (!found.gates().isEmpty()) {
      writeGates();
    }
    if (found.lag().isPresent()) {
      writeLag(found.lag().get());
    }
    if (found.copies().isPresent()) {
      json.writeFieldName("copies");
      writeCopies(found.copies().get(), found.text().length);
    }
    if (found.generated().isPresent()) {
      writeGenerated(found.generated().get());
    }
    if (found.map().isPresent()) {
      writeMap(found.map().get());
    }
    json.writeEndObject();
  }

  private void writeCharacters() throws IOException {
    json.writeArrayFieldStart("characters");
    for (int i = 0; i < found.text().length; i++) {
      json.writeStartObject();
      json.writeStringField("character", found.character(i));
      if (i > 0) {
        json.writeNumberField("nats", found.surprise().nats()[i]);
      }
      json.writeArrayFieldStart("alternatives");
      for (Surprise.Alternative alternative : found.surprise().alternatives().get(i)) {
        json.writeStartObject();
        json.writeStringField("character", found.vocabulary().character(alternative.character()));
        json.writeNumberField("probability", alternative.probability());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private void writeUnits() throws IOException {
    Memories memories = found.memories().orElseThrow();
    json.writeArrayFieldStart("units");
    for (UnitMemory unit : shown) {
      json.writeStartObject();
      json.writeNumberField("layer", unit.layer());
      json.writeNumberField("unit", unit.unit());
      json.writeStringField("state", unit.state());
      if (unit.follows() == null) {
        json.writeNullField("follows");
      } else {
        json.writeStringField("follows", unit.follows().key());
      }
      json.writeNumberField("correlation", unit.correlation());
      json.writeObjectFieldStart("correlations");
      for (var correlation : unit.correlations().entrySet()) {
        json.writeNumberField(correlation.getKey().key(), correlation.getValue());
      }
      json.writeEndObject();
      writeValues("values", unit.values(memories));
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private void writeGates() throws IOException {
    json.writeArrayFieldStart("gates");
    for (GateUse gate : found.gates()) {
      LayerMemory layer = found.memories().orElseThrow().layers().get(gate.layer());
      float[] values = layer.gates().get(layer.gateNames().indexOf(gate.gate()));
      json.writeStartObject();
      json.writeNumberField("layer", gate.layer());
      json.writeStringField("gate", gate.gate());
      json.writeNumberField("open", GateUse.mean(gate.open()));
      json.writeNumberField("shut", GateUse.mean(gate.shut()));
      if (gate.peephole() != null) {
        json.writeNumberField("peephole", GateUse.mean(gate.peephole()));
      }
      json.writeArrayFieldStart("units");
      for (int u = 0; u < layer.size(); u++) {
        if (!isShown(gate.layer(), u)) {
          continue;
        }
        json.writeStartObject();
        json.writeNumberField("unit", u);
        json.writeNumberField("open", gate.open()[u]);
        json.writeNumberField("shut", gate.shut()[u]);
        json.writeNumberField("mean", gate.mean()[u]);
        if (gate.peephole() != null) {
          json.writeNumberField("peephole", gate.peephole()[u]);
        }
        writeValues("values", UnitMemory.column(values, layer.size(), u));
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** All are, unless units were chosen. */
  private boolean isShown(int layer, int unit) {
    return shown.size() == found.units().size()
        || shown.stream().anyMatch(one -> one.layer() == layer && one.unit() == unit);
  }

  private void writeValues(String name, float... values) throws IOException {
    json.writeArrayFieldStart(name);
    for (float value : values) {
      json.writeNumber(Math.rint(value * DECIMALS) / DECIMALS);
    }
    json.writeEndArray();
  }

  private void writeLag(MemoryOverLag lag) throws IOException {
    json.writeObjectFieldStart("lag");
    json.writeNumberField("places", lag.places());
    json.writeArrayFieldStart("layers");
    for (MemoryOverLag.LayerGradient layer : lag.layers()) {
      json.writeStartObject();
      json.writeFieldName("hidden");
      json.writeArray(layer.hidden(), 0, layer.hidden().length);
      if (layer.cell() != null) {
        json.writeFieldName("cell");
        json.writeArray(layer.cell(), 0, layer.cell().length);
      }
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private void writeCopies(Copies copies, int characters) throws IOException {
    json.writeStartObject();
    json.writeNumberField("share", copies.share(characters));
    json.writeNumberField("longest", copies.longest() == null ? 0 : copies.longest().length());
    writeSpans(copies.spans());
    json.writeEndObject();
  }

  private void writeSpans(List<Copies.Span> spans) throws IOException {
    json.writeArrayFieldStart("spans");
    for (Copies.Span span : spans) {
      json.writeStartObject();
      json.writeNumberField("from", span.from());
      json.writeNumberField("to", span.to());
      json.writeNumberField("corpus_position", span.corpusPosition());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private void writeGenerated(Explanation.Generated generated) throws IOException {
    json.writeObjectFieldStart("generated");
    json.writeStringField("prompt", generated.prompt());
    json.writeNumberField("seed", generated.seed());
    json.writeNumberField("temperature", generated.temperature());
    json.writeStringField("text", generated.text());
    if (generated.copies().isPresent()) {
      json.writeFieldName("copies");
      writeCopies(
          generated.copies().get(), generated.text().codePointCount(0, generated.text().length()));
    }
    json.writeEndObject();
  }

  private void writeMap(CharacterMap map) throws IOException {
    json.writeObjectFieldStart("map");
    json.writeNumberField("explained", map.explained());
    json.writeArrayFieldStart("characters");
    for (int v = 0; v < found.vocabulary().size(); v++) {
      json.writeStartObject();
      json.writeStringField("character", found.vocabulary().character(v));
      json.writeNumberField("x", map.x()[v]);
      json.writeNumberField("y", map.y()[v]);
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }
}
