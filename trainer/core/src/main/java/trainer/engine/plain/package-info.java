/**
 * A network and its optimizers in plain loops, from the equations, in double precision: what
 * engines and devices are checked against.
 */
package trainer.engine.plain;
