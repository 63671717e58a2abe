/**
 * Networks in the formats of other programs: PyTorch and ONNX. What is read is refused unless it is
 * weights and nothing else.
 */
package trainer.exchange;
