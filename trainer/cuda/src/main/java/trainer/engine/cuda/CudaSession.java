package trainer.engine.cuda;

import com.sun.jna.Pointer;
import java.util.List;
import trainer.cuda.DeviceMemory;
import trainer.cuda.HostMemory;
import trainer.cuda.Matrix;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.PassSize;
import trainer.engine.VectorSession;
import trainer.text.Segment;

/** Scores segments and predicts single characters. */
final class CudaSession extends VectorSession {
  private final Device device;
  private final Weights weights;
  private final float[] logProbabilities;
  private Inference inference;

  /** A forward pass for segments up to some length. */
  private static final class Inference implements AutoCloseable {
    private final Device device;
    private final DeviceMemory memory;
    private final SegmentInput input;
    private final ForwardPass forward;
    private final OutputLayer output;
    private final long hits;
    private final HostMemory results;
    private final CudaGraphs<Kind> graphs;
    private final int classes;

    /** Passes of the same kind make the same calls, so they share a CUDA graph. */
    private record Kind(int steps, boolean scored) {}

    Inference(Device device, Weights weights, PassSize size) {
      this.device = device;
      graphs = new CudaGraphs<>(device);
      memory = new DeviceMemory(device.gpu());
      classes = weights.layout().vocabulary();
      ForwardPass opened = null;
      try {
        input = new SegmentInput(device.gpu(), memory, 0, size);
        opened = new ForwardPass(device, weights, size);
        forward = opened;
        output = new OutputLayer(device, memory, weights, size);
        hits = memory.bytes((long) size.rows() * Integer.BYTES);
        long scores = (long) size.rows() * (Float.BYTES + Integer.BYTES);
        long probabilities = size.lanes() * (long) output.logits(1).stride() * Float.BYTES;
        results = memory.host(Math.max(scores, probabilities));
      } catch (RuntimeException e) {
        if (opened != null) {
          opened.close();
        }
        memory.close();
        throw e;
      }
    }

    Engine.Score score(Segment segment) {
      int rows = segment.characters();
      input.write(segment);
      graphs.run(new Kind(segment.length(), true), () -> computeScore(segment.length(), rows));
      device.gpu().synchronize();
      double nats = 0;
      long correct = 0;
      for (int r = 0; r < rows; r++) {
        nats += results.buffer().getFloat(r * Float.BYTES);
        correct += results.buffer().getInt((rows + r) * Float.BYTES);
      }
      return new Engine.Score(nats, correct, segment.scored());
    }

    private void computeScore(int steps, int rows) {
      input.upload(rows);
      forward.run(input.characters(), steps);
      output.read(forward.outputs(), rows);
      output.score(input.targets(rows), rows, hits);
      long bytes = (long) rows * Float.BYTES;
      Pointer nats = results.pointer();
      device.gpu().copyToHost(nats, output.nats(), bytes);
      device.gpu().copyToHost(nats.share(bytes), hits, bytes);
      forward.carry(steps);
    }

    void next(int[] characters, float[] logProbabilities) {
      int rows = characters.length;
      input.write(characters);
      graphs.run(new Kind(1, false), () -> computeNext(rows));
      device.gpu().synchronize();
      int stride = output.logits(rows).stride();
      for (int r = 0; r < rows; r++) {
        results
            .pointer()
            .read((long) r * stride * Float.BYTES, logProbabilities, r * classes, classes);
      }
    }

    private void computeNext(int rows) {
      input.upload(rows);
      forward.run(input.characters(), 1);
      output.read(forward.outputs(), rows);
      output.logProbabilities(rows);
      Matrix logits = output.logits(rows);
      long bytes = (long) rows * logits.stride() * Float.BYTES;
      device.gpu().copyToHost(results.pointer(), logits.address(), bytes);
      forward.carry(1);
    }

    @Override
    public void close() {
      device.gpu().settle();
      graphs.close();
      forward.close();
      memory.close();
    }
  }

  CudaSession(Device device, Weights weights, int lanes) {
    super(lanes);
    this.device = device;
    this.weights = weights;
    logProbabilities = new float[lanes * weights.layout().vocabulary()];
    inference = new Inference(device, weights, new PassSize(lanes, 1));
  }

  @Override
  public Engine.Score score(Segment segment) {
    check(segment.lanes());
    device.gpu().enter();
    if (segment.length() > inference.forward.size().steps()) {
      CarriedState state = inference.forward.state();
      inference.close();
      inference = new Inference(device, weights, new PassSize(lanes(), segment.length()));
      inference.forward.state(state);
    }
    return inference.score(segment);
  }

  @Override
  public float[] next(int[] characters) {
    check(characters.length);
    device.gpu().enter();
    inference.next(characters, logProbabilities);
    return logProbabilities;
  }

  @Override
  public CarriedState state() {
    device.gpu().enter();
    return inference.forward.state();
  }

  @Override
  public void clear() {
    device.gpu().enter();
    inference.forward.state(new CarriedState(List.of()));
  }

  @Override
  protected void free() {
    inference.close();
  }
}
