/** A process that keeps models loaded, and what the service says to it. */
package trainer.service.inference;
