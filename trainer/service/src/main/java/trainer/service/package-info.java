/**
 * The training service: a queue of runs, the processes that train them, and HTTP to submit, watch
 * and use them.
 */
package trainer.service;
