/**
 * Searches over configurations: {@link trainer.search.Sweep} trains one run per combination of
 * settings, {@link trainer.search.RateFinder} looks for a learning rate.
 */
package trainer.search;
