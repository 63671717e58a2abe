package trainer.cluster;

import java.util.List;
import trainer.cluster.Commands.Vector;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.text.Segment;

/**
 * The ranks of a run, as its training loop sees them. Each does the same at the same time. Once one
 * has failed, every call does.
 */
interface Ranks extends AutoCloseable {
  /** What they are, for people: workers or GPUs. */
  String name();

  /** What they all compute with, for people. */
  String description();

  int size();

  /**
   * One iteration.
   *
   * @param update false: loss and gradient only
   * @param shares each rank's lanes
   * @return of each rank
   */
  List<Engine.Step> compute(
      boolean update, List<Segment> shares, double learningRate, int iteration);

  /** The carried state of each rank's lanes. */
  List<CarriedState> states();

  void states(List<CarriedState> shares);

  /** A vector of the first rank: it is the same on all. */
  float[] read(Vector which);

  /** Sets a vector of all ranks, which the caller leaves alone. */
  void write(Vector which, float[] vector);

  /** A checksum of each rank's parameters and optimizer averages. */
  List<Long> checksums();

  /** Ends the ranks. */
  @Override
  void close();
}
