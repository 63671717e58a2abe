package trainer.cluster;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import trainer.cluster.Commands.Vector;
import trainer.engine.Allreduce;
import trainer.engine.CarriedState;
import trainer.engine.Engine;
import trainer.engine.VectorNetwork;
import trainer.network.EngineProvider;
import trainer.text.Segment;

/** Ranks that are threads of this process, each with a GPU of its own. */
final class LocalRanks implements Ranks {
  private final List<Replica> replicas = new ArrayList<>();
  private final LocalAllreduce sums;
  private final List<ExecutorService> threads; // of each rank
  private final AtomicReference<Throwable> failure = new AtomicReference<>(); // the first one
  private String arithmetic;
  private String gpu; // the model

  /** Opens a rank. */
  interface Opener {
    EngineProvider.Rank open(int rank, Allreduce sums);
  }

  private LocalRanks(int size) {
    sums = new LocalAllreduce(size);
    threads =
        IntStream.range(0, size)
            .mapToObj(
                rank ->
                    Executors.newSingleThreadExecutor(work -> Link.daemon("rank-" + rank, work)))
            .toList();
  }

  /**
   * Opens ranks.
   *
   * @param parameters number of them
   * @throws ClusterException if their GPUs compute differently
   */
  static LocalRanks open(int size, int parameters, Opener opener) {
    LocalRanks ranks = new LocalRanks(size);
    try {
      Set<String> arithmetics = new HashSet<>();
      for (int rank = 0; rank < size; rank++) {
        EngineProvider.Rank opened = opener.open(rank, ranks.sums.of(rank));
        ranks.replicas.add(new Replica(opened.network(), parameters));
        ranks.arithmetic = opened.arithmetic();
        ranks.gpu = opened.gpu();
        arithmetics.add(opened.arithmetic());
      }
      if (arithmetics.size() > 1) {
        throw new ClusterException(
            "compute.gpus: the GPUs compute differently (%s), so results would depend on which"
                    .formatted(String.join("; ", arithmetics))
                + " trains which lanes; name GPUs of one model, such as --set compute.gpus=[0]");
      }
      return ranks;
    } catch (RuntimeException | Error e) {
      try {
        ranks.close();
      } catch (RuntimeException closing) {
        e.addSuppressed(closing);
      }
      throw e;
    }
  }

  /** The first rank's network, for forward passes between iterations. */
  VectorNetwork<?> first() {
    return replicas.get(0).network();
  }

  /** The model of the GPUs; null if they are none. */
  String gpu() {
    return gpu;
  }

  /** Does the same on all ranks. */
  private <T> List<T> each(IntFunction<T> work) {
    if (failure.get() != null) {
      throw new ClusterException("a GPU has failed before: " + failure.get().getMessage());
    }
    List<CompletableFuture<T>> started =
        IntStream.range(0, size())
            .mapToObj(
                rank -> CompletableFuture.supplyAsync(() -> guarded(work, rank), threads.get(rank)))
            .toList();
    List<T> results = started.stream().map(CompletableFuture::join).toList();
    if (failure.get() instanceof Error error) {
      throw error;
    }
    if (failure.get() instanceof RuntimeException exception) {
      throw exception;
    }
    return results;
  }

  /** Lets a failure end the others, which may wait for this rank. */
  private <T> T guarded(IntFunction<T> work, int rank) {
    try {
      return work.apply(rank);
    } catch (RuntimeException | Error e) {
      failure.compareAndSet(null, e);
      sums.end();
      return null;
    }
  }

  @Override
  public String name() {
    return "GPUs";
  }

  @Override
  public String description() {
    return arithmetic;
  }

  @Override
  public int size() {
    return replicas.size();
  }

  @Override
  public List<Engine.Step> compute(
      boolean update, List<Segment> shares, double learningRate, int iteration) {
    return each(
        rank -> {
          VectorNetwork<?> network = replicas.get(rank).network();
          return update
              ? network.train(shares.get(rank), learningRate, iteration)
              : network.gradient(shares.get(rank), iteration);
        });
  }

  @Override
  public List<CarriedState> states() {
    return each(rank -> replicas.get(rank).network().carriedState());
  }

  @Override
  public void states(List<CarriedState> shares) {
    each(
        rank -> {
          replicas.get(rank).network().carriedState(shares.get(rank));
          return rank;
        });
  }

  @Override
  public float[] read(Vector which) {
    return each(rank -> rank == 0 ? replicas.get(0).read(which) : null).get(0);
  }

  @Override
  public void write(Vector which, float[] vector) {
    each(
        rank -> {
          replicas.get(rank).write(which, vector);
          return rank;
        });
  }

  @Override
  public List<Long> checksums() {
    return each(rank -> replicas.get(rank).checksum());
  }

  @Override
  public void close() {
    threads.forEach(ExecutorService::shutdown);
    RuntimeException failed = null;
    for (Replica replica : replicas) {
      try {
        replica.close();
      } catch (RuntimeException e) {
        failed = e;
      }
    }
    if (failed != null) {
      throw failed;
    }
  }
}
