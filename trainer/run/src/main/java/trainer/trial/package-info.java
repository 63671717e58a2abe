/**
 * What a sweep trains: {@link trainer.trial.Variation} draws combinations of settings, {@link
 * trainer.trial.Halving} says which of them go on, and {@link trainer.trial.Effects} what the
 * results say about each key. The command line and the service use the same.
 */
package trainer.trial;
