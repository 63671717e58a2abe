/**
 * What a run leaves on disk: the run directory, its checkpoints, metrics, loss curves, samples and
 * provenance, and the exports made from them. Every file appears whole or not at all, and nothing
 * read here is trusted before its checksum is verified.
 */
package trainer.run;
