/**
 * Training on several machines, or on several GPUs of one. The driver has the training loop, the
 * run directory and the text. Each rank, in a process on another machine or in a thread, has a
 * whole network and trains its share of the lanes. Between the two go commands and their results,
 * among the ranks the sums of gradients.
 *
 * <p>{@link trainer.cluster.ClusterEngine} is the driver's side, {@link trainer.cluster.Rank} that
 * of the other machines, {@link trainer.cluster.WorkerLauncher} what starts them.
 */
package trainer.cluster;
