package trainer.job;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.protobuf.ByteString;
import org.nd4j.shade.protobuf.UnknownFieldSet;
import org.nd4j.shade.protobuf.UnknownFieldSet.Field;
import org.nd4j.shade.protobuf.Value;
import org.tensorflow.framework.DataType;
import org.tensorflow.framework.HistogramProto;
import org.tensorflow.framework.Summary;
import org.tensorflow.framework.SummaryMetadata;
import org.tensorflow.framework.TensorProto;
import org.tensorflow.framework.TensorShapeProto;
import trainer.config.Configuration;
import trainer.config.ConfigurationWriter;
import trainer.config.binding.RecordType;
import trainer.run.MetricsRow;
import trainer.run.RunDirectory;

/**
 * Writes what TensorBoard shows of a run: the columns of metrics.csv as scalars, histograms of
 * weights and of their updates since the last histogram, samples and configuration as texts, the
 * loss curve, and the configuration's values as hyperparameters.
 */
final class TensorBoard implements AutoCloseable {
  private static final int BUCKETS = 64;

  private final EventFiles events;
  private final Map<String, float[]> before = new HashMap<>(); // weights at the last histogram

  private TensorBoard(EventFiles events) {
    this.events = events;
  }

  /**
   * Opens event files, cut back to where training starts, if the configuration asks for them. The
   * first file begins with the rows of metrics.csv so far.
   */
  static Optional<TensorBoard> open(
      RunDirectory directory,
      Configuration configuration,
      List<MetricsRow> rows,
      int iteration,
      Clock clock) {
    String name = configuration.tensorboard().directory();
    if (name == null) {
      return Optional.empty();
    }
    Path folder = directory.makeFolder(name);
    TensorBoard board = new TensorBoard(EventFiles.open(folder, iteration, clock));
    if (!board.events.isResumed()) {
      board.describe(configuration);
      double now = clock.millis() / 1e3;
      for (MetricsRow row : rows) {
        board.events.append(
            now + row.seconds() - rows.get(rows.size() - 1).seconds(),
            row.iteration(),
            scalars(row));
      }
    }
    return Optional.of(board);
  }

  private void describe(Configuration configuration) {
    String yaml = ConfigurationWriter.toYaml(configuration);
    Summary.Builder summary = Summary.newBuilder();
    summary.addValue(text("configuration", "```yaml\n" + yaml + "```"));
    UnknownFieldSet.Builder values = UnknownFieldSet.newBuilder();
    RecordType.of(Configuration.class)
        .flatten(
            configuration, "", (key, value) -> values.mergeField(1, message(entry(key, value))));
    // HParamsPluginData: 3 is SessionStartInfo, whose 1 is a map of values.
    UnknownFieldSet plugin =
        UnknownFieldSet.newBuilder().addField(3, message(values.build())).build();
    summary.addValue(
        Summary.Value.newBuilder()
            .setTag("_hparams_/session_start_info")
            .setMetadata(metadata("hparams", plugin.toByteString())));
    events.append(0, summary);
  }

  private static UnknownFieldSet entry(String key, String value) {
    return UnknownFieldSet.newBuilder()
        .addField(1, Field.newBuilder().addLengthDelimited(ByteString.copyFromUtf8(key)).build())
        .addField(2, Field.newBuilder().addLengthDelimited(value(value).toByteString()).build())
        .build();
  }

  /** A YAML scalar by its type. */
  private static Value value(String yaml) {
    if (yaml.equals("true") || yaml.equals("false")) {
      return Value.newBuilder().setBoolValue(Boolean.parseBoolean(yaml)).build();
    }
    try {
      return Value.newBuilder().setNumberValue(Double.parseDouble(yaml)).build();
    } catch (NumberFormatException e) {
      return Value.newBuilder().setStringValue(yaml).build();
    }
  }

  private static Field message(UnknownFieldSet content) {
    return Field.newBuilder().addLengthDelimited(content.toByteString()).build();
  }

  /** A row of metrics.csv. */
  void append(MetricsRow row) {
    events.append(row.iteration(), scalars(row));
  }

  private static Summary.Builder scalars(MetricsRow row) {
    Summary.Builder summary = Summary.newBuilder();
    scalar(summary, "loss/train", row.trainLoss());
    scalar(summary, "loss/validation", row.validationLoss());
    scalar(summary, "learning_rate", row.learningRate());
    scalar(summary, "gradient_norm", row.gradientNorm());
    scalar(summary, "characters_per_second", row.charactersPerSecond());
    return summary;
  }

  private static void scalar(Summary.Builder summary, String tag, Double value) {
    if (value != null) {
      summary.addValue(Summary.Value.newBuilder().setTag(tag).setSimpleValue(value.floatValue()));
    }
  }

  /** A sample of text. */
  void append(int iteration, double temperature, String sample) {
    // TensorBoard renders Markdown: four blanks in front keep lines and blanks as they are.
    String preformatted = "    " + sample.replace("\n", "\n    ");
    events.append(
        iteration,
        Summary.newBuilder().addValue(text("samples/temperature " + temperature, preformatted)));
  }

  /** Weights by name, as histograms. */
  void append(int iteration, Map<String, INDArray> weights) {
    Summary.Builder summary = Summary.newBuilder();
    for (Map.Entry<String, INDArray> entry : weights.entrySet()) {
      float[] now = entry.getValue().dup().data().asFloat();
      summary.addValue(histogram("weights/" + entry.getKey(), now));
      float[] earlier = before.put(entry.getKey(), now);
      if (earlier != null) {
        float[] update = new float[now.length];
        for (int i = 0; i < now.length; i++) {
          update[i] = now[i] - earlier[i];
        }
        summary.addValue(histogram("updates/" + entry.getKey(), update));
      }
    }
    events.append(iteration, summary);
  }

  /** The loss curve. */
  void append(int iteration, byte[] png) {
    ByteBuffer header = ByteBuffer.wrap(png);
    Summary.Image image =
        Summary.Image.newBuilder()
            .setWidth(header.getInt(16))
            .setHeight(header.getInt(20))
            .setColorspace(3) // RGB
            .setEncodedImageString(ByteString.copyFrom(png))
            .build();
    events.append(
        iteration,
        Summary.newBuilder().addValue(Summary.Value.newBuilder().setTag("loss").setImage(image)));
  }

  /** Buckets of equal width from the least to the greatest value. */
  private static Summary.Value histogram(String tag, float[] values) {
    HistogramProto.Builder histogram = HistogramProto.newBuilder().setNum(values.length);
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    double sum = 0;
    double squares = 0;
    for (double value : values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
      sum += value;
      squares += value * value;
    }
    int[] counts = new int[BUCKETS];
    double width = (high - low) / BUCKETS;
    for (double value : values) {
      counts[width > 0 ? (int) Math.min(BUCKETS - 1, (value - low) / width) : 0]++;
    }
    for (int i = 0; i < BUCKETS; i++) {
      histogram.addBucketLimit(i == BUCKETS - 1 ? high : low + (i + 1) * width);
      histogram.addBucket(counts[i]);
    }
    histogram.setMin(low).setMax(high).setSum(sum).setSumSquares(squares);
    return Summary.Value.newBuilder().setTag(tag).setHisto(histogram).build();
  }

  private static Summary.Value text(String tag, String text) {
    return Summary.Value.newBuilder()
        .setTag(tag)
        .setMetadata(metadata("text", ByteString.EMPTY))
        .setTensor(
            TensorProto.newBuilder()
                .setDtype(DataType.DT_STRING)
                .setTensorShape(
                    TensorShapeProto.newBuilder()
                        .addDim(TensorShapeProto.Dim.newBuilder().setSize(1)))
                .addStringVal(ByteString.copyFromUtf8(text)))
        .build();
  }

  private static SummaryMetadata metadata(String plugin, ByteString content) {
    return SummaryMetadata.newBuilder()
        .setPluginData(
            SummaryMetadata.PluginData.newBuilder().setPluginName(plugin).setContent(content))
        .build();
  }

  @Override
  public void close() {
    events.close();
  }
}
