/**
 * The run directory: metrics, events, samples, loss curve and provenance. Files are written
 * atomically or record by record.
 */
package trainer.run;
