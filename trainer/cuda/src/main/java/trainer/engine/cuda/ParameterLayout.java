package trainer.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import trainer.cell.CellLayout;
import trainer.config.Layer;
import trainer.cuda.Matrix;

/**
 * The engine's layout of a network's parameters, and conversion from and to Deeplearning4j's
 * vector, which {@link CellLayout} describes. Here they are row-major matrices in one vector,
 * aligned to 128 bytes. Those with weight decay come first.
 *
 * <p>Padding between matrices, and the columns that pad the output layer to a multiple of 16, is
 * zero and stays zero.
 */
final class ParameterLayout {
  private static final int ALIGNMENT = 32; // floats
  private static final int CLASS_ALIGNMENT = 16;

  private final int vocabulary;
  private final List<Layer> layers;
  private final List<OfLayer> pieces = new ArrayList<>();
  private final Piece outputWeights;
  private final Piece outputBiases;
  private final int decayed;
  private final int length;
  private final int vectorLength;

  /** The matrices of a recurrent layer; peepholes may be null. */
  record OfLayer(Piece input, Piece recurrent, Piece peepholes, Piece biases) {}

  /**
   * A matrix of parameters.
   *
   * @param offset offset in our vector, floats
   * @param stride floats from row to row
   * @param place offset in Deeplearning4j's vector
   * @param block width of a block of columns; Deeplearning4j has the blocks in another order
   * @param blocks Deeplearning4j's index of each of our blocks
   */
  record Piece(int offset, int rows, int columns, int stride, int place, int block, int[] blocks) {

    /** Offset of a column in Deeplearning4j's vector. */
    private int column(int c) {
      return place + (blocks[c / block] * block + c % block) * rows;
    }

    private void take(float[] vector, int at, float[] ours) {
      for (int c = 0; c < columns; c++) {
        for (int r = 0, from = at + column(c); r < rows; r++) {
          ours[offset + r * stride + c] = vector[from++];
        }
      }
    }

    private void put(float[] ours, float[] vector, int at) {
      for (int c = 0; c < columns; c++) {
        for (int r = 0, to = at + column(c); r < rows; r++) {
          vector[to++] = ours[offset + r * stride + c];
        }
      }
    }

    /** The matrix in a vector: [1, length]. */
    Matrix in(Matrix vector) {
      Matrix start = vector.columns(offset, 1);
      return new Matrix(start.address(), start.copy(), rows, columns, stride);
    }
  }

  /** Assigns consecutive offsets in both vectors. */
  private static final class Places {
    private int ours;
    private int theirs;

    Piece piece(int rows, int columns, int stride, int place, int block, int... blocks) {
      Piece piece = new Piece(ours, rows, columns, stride, place, block, blocks);
      ours = aligned(Math.addExact(ours, Math.multiplyExact(rows, stride)), ALIGNMENT);
      return piece;
    }

    int skip(int rows, int columns) {
      int place = theirs;
      theirs = Math.addExact(theirs, Math.multiplyExact(rows, columns));
      return place;
    }
  }

  ParameterLayout(int vocabulary, List<Layer> layers) {
    this.vocabulary = vocabulary;
    this.layers = List.copyOf(layers);
    Places places = new Places();
    List<Piece> inputs = new ArrayList<>();
    List<Piece> recurrents = new ArrayList<>();
    int[] vectors = new int[layers.size()]; // offsets of the layers' vectors in Deeplearning4j's
    for (int l = 0; l < layers.size(); l++) {
      CellLayout cell = cell(l);
      int h = size(l);
      int in = cell.fromInput() * h;
      inputs.add(
          places.piece(inputs(l), in, in, places.skip(inputs(l), in), h, kernels(l).inputBlocks()));
      int recurrent = cell.fromRecurrence() * h;
      int[] same = IntStream.range(0, cell.fromRecurrence()).toArray();
      recurrents.add(places.piece(h, recurrent, recurrent, places.skip(h, recurrent), h, same));
      vectors[l] = places.skip(1, (cell.peepholes().size() + cell.sums()) * h);
    }
    int top = size(layers.size() - 1);
    int width = paddedVocabulary();
    outputWeights = places.piece(top, vocabulary, width, places.skip(top, vocabulary), width, 0);
    decayed = places.ours;
    for (int l = 0; l < layers.size(); l++) {
      CellLayout cell = cell(l);
      int h = size(l);
      int all = cell.peepholes().size() * h;
      int[] same = IntStream.range(0, cell.peepholes().size()).toArray();
      Piece peepholes = all == 0 ? null : places.piece(1, all, all, vectors[l], h, same);
      int gates = cell.sums() * h;
      Piece biases = places.piece(1, gates, gates, vectors[l] + all, h, kernels(l).biasBlocks());
      pieces.add(new OfLayer(inputs.get(l), recurrents.get(l), peepholes, biases));
    }
    outputBiases = places.piece(1, vocabulary, width, places.skip(1, vocabulary), width, 0);
    length = places.ours;
    vectorLength = places.theirs;
  }

  private static int aligned(int count, int alignment) {
    return (count + alignment - 1) / alignment * alignment;
  }

  int vocabulary() {
    return vocabulary;
  }

  /** V, rounded up to a multiple of 16. */
  int paddedVocabulary() {
    return aligned(vocabulary, CLASS_ALIGNMENT);
  }

  List<Layer> layers() {
    return layers;
  }

  CellLayout cell(int layer) {
    return CellLayout.of(layers.get(layer).type());
  }

  private CellKernels kernels(int layer) {
    return CellKernels.of(layers.get(layer).type());
  }

  int size(int layer) {
    return layers.get(layer).size();
  }

  /** Input width of a layer: the vocabulary for the first. */
  int inputs(int layer) {
    return layer == 0 ? vocabulary : size(layer - 1);
  }

  OfLayer pieces(int layer) {
    return pieces.get(layer);
  }

  /** [H, V] with padded rows. */
  Piece outputWeights() {
    return outputWeights;
  }

  Piece outputBiases() {
    return outputBiases;
  }

  /** Length of the first part of the vector, with weight decay. */
  int decayed() {
    return decayed;
  }

  /** Length of our vector. */
  int length() {
    return length;
  }

  /** Length of Deeplearning4j's vector. */
  int vectorLength() {
    return vectorLength;
  }

  private List<Piece> all() {
    List<Piece> all = new ArrayList<>();
    for (OfLayer layer : pieces) {
      all.add(layer.input());
      all.add(layer.recurrent());
      if (layer.peepholes() != null) {
        all.add(layer.peepholes());
      }
      all.add(layer.biases());
    }
    all.add(outputWeights);
    all.add(outputBiases);
    return all;
  }

  /** Converts from Deeplearning4j's vector, which starts at {@code offset}. */
  float[] fromVector(float[] vector, int offset) {
    float[] ours = new float[length];
    all().forEach(piece -> piece.take(vector, offset, ours));
    return ours;
  }

  /** Converts to Deeplearning4j's vector, which starts at {@code offset}. */
  void toVector(float[] ours, float[] vector, int offset) {
    all().forEach(piece -> piece.put(ours, vector, offset));
  }
}
