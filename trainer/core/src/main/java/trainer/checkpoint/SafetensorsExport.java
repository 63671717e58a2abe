package trainer.checkpoint;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.file.AtomicFile;
import trainer.run.RunException;
import trainer.run.RunFileJson;

/**
 * Named arrays as a safetensors file: length of the header (8 bytes), header (JSON: type, shape and
 * offsets of each array, and metadata), numbers (little-endian, row-major).
 */
public final class SafetensorsExport {
  private static final int ALIGNMENT = 8;

  private SafetensorsExport() {}

  /**
   * Writes the file.
   *
   * @param parameters FLOAT or DOUBLE, by name, in file order
   * @param metadata texts, such as configuration and vocabulary
   * @throws RunException if the file cannot be written
   */
  public static void write(
      Map<String, INDArray> parameters, Map<String, String> metadata, Path file) {
    byte[] header = header(parameters, metadata);
    AtomicFile.write(
        file,
        out -> {
          out.write(
              ByteBuffer.allocate(Long.BYTES)
                  .order(ByteOrder.LITTLE_ENDIAN)
                  .putLong(header.length)
                  .array());
          out.write(header);
          for (INDArray array : parameters.values()) {
            ArrayFormat.writeNumbers(Numbers.of(array), ByteOrder.LITTLE_ENDIAN, out);
          }
        });
  }

  private static byte[] header(Map<String, INDArray> parameters, Map<String, String> metadata) {
    ObjectNode node = RunFileJson.object();
    ObjectNode texts = node.putObject("__metadata__");
    metadata.forEach(texts::put);
    long start = 0;
    for (Map.Entry<String, INDArray> parameter : parameters.entrySet()) {
      INDArray array = parameter.getValue();
      ObjectNode entry = node.putObject(parameter.getKey());
      entry.put("dtype", array.dataType() == DataType.DOUBLE ? "F64" : "F32");
      ArrayNode shape = entry.putArray("shape");
      for (long length : array.shape()) {
        shape.add(length);
      }
      long end = start + array.length() * array.dataType().width();
      entry.putArray("data_offsets").add(start).add(end);
      start = end;
    }
    byte[] json = RunFileJson.line(node).getBytes(StandardCharsets.UTF_8);
    int padding = (ALIGNMENT - json.length % ALIGNMENT) % ALIGNMENT;
    return (new String(json, StandardCharsets.UTF_8) + " ".repeat(padding))
        .getBytes(StandardCharsets.UTF_8);
  }
}
