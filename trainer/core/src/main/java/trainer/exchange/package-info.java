/**
 * Networks in the formats of other programs: PyTorch, ONNX and Deeplearning4j. What is read is
 * refused unless it is weights and nothing else.
 */
package trainer.exchange;
