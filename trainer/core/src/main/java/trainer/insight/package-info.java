/**
 * What a trained network has learned, shown on a text: how unexpected each character is, what each
 * unit remembers, how the gates are used, how far back the loss depends on what is remembered, and
 * which parts of a text stand in the corpus. {@link trainer.insight.ExplanationJob} is the entry.
 *
 * <p>Surprise is measured by the engine, so that it agrees with an evaluation. States, gates and
 * gradients are computed here in float64 by plain loops, because engines keep none of them; tests
 * compare them with the reference cells and with finite differences.
 */
package trainer.insight;
