package trainer.examples;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Writes text with a model of {@code export --format onnx} by ONNX Runtime alone: {@code SampleOnnx
 * MODEL.onnx PROMPT}.
 */
public final class SampleOnnx implements AutoCloseable {
  private static final String NEXT = "next_"; // the state after a text has the name of that before

  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;
  private final int[] vocabulary; // code points
  private final Map<String, OnnxTensor> state = new HashMap<>();

  /** Opens a model, with zero state. */
  public SampleOnnx(String file) throws OrtException, IOException {
    session = environment.createSession(file);
    String json = session.getMetadata().getCustomMetadata().get("vocabulary.json");
    JsonNode characters = new ObjectMapper().readTree(json).get("characters");
    vocabulary = new int[characters.size()];
    characters.forEach(one -> vocabulary[one.get("index").asInt()] = one.get("code_point").asInt());
    for (NodeInfo input : session.getInputInfo().values()) {
      if (!input.getName().equals("characters")) {
        int units = (int) ((TensorInfo) input.getInfo()).getShape()[2];
        float[][][] zero = new float[1][1][units]; // [1, lanes, units]
        state.put(input.getName(), OnnxTensor.createTensor(environment, zero));
      }
    }
  }

  /** Prints the prompt and 300 characters more. */
  public static void main(String[] arguments) throws OrtException, IOException {
    try (SampleOnnx model = new SampleOnnx(arguments[0])) {
      System.out.println(arguments[1] + model.write(arguments[1], 300, 0.8, 1));
    }
  }

  /** Continues a prompt. */
  public String write(String prompt, int length, double temperature, long seed)
      throws OrtException {
    SplittableRandom random = new SplittableRandom(seed);
    float[] logits = null;
    for (int character : prompt.codePoints().toArray()) {
      logits = read(character);
    }
    StringBuilder text = new StringBuilder();
    for (int written = 0; written < length; written++) {
      int drawn = vocabulary[draw(logits, temperature, random)];
      text.appendCodePoint(drawn);
      logits = read(drawn);
    }
    return text.toString();
  }

  /** Reads a character; returns the logits of the next one, in the order of the vocabulary. */
  public float[] read(int codePoint) throws OrtException {
    int index = 0;
    while (vocabulary[index] != codePoint) {
      index++;
    }
    long[][] characters = {{index}}; // [lanes, steps]
    Map<String, OnnxTensor> inputs = new HashMap<>(state);
    inputs.put("characters", OnnxTensor.createTensor(environment, characters));
    OrtSession.Result result = session.run(inputs);
    inputs.values().forEach(OnnxTensor::close);
    state.replaceAll((name, before) -> (OnnxTensor) result.get(NEXT + name).orElseThrow());
    try (OnnxTensor logits = (OnnxTensor) result.get("logits").orElseThrow()) {
      return ((float[][][]) logits.getValue())[0][0]; // of [lanes, steps, vocabulary]
    }
  }

  /** The largest of scores with Gumbel noise is a draw from their softmax. */
  private static int draw(float[] logits, double temperature, SplittableRandom random) {
    int best = 0;
    double highest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < logits.length; i++) {
      double score = logits[i] / temperature - Math.log(-Math.log(random.nextDouble()));
      if (score > highest) {
        highest = score;
        best = i;
      }
    }
    return best;
  }

  @Override
  public void close() throws OrtException {
    state.values().forEach(OnnxTensor::close);
    session.close();
  }
}
