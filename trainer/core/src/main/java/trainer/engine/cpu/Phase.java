package trainer.engine.cpu;

/** The timed phases of a training step. */
enum Phase {
  PACK("pack weights"),
  INPUT("input products"),
  RECURRENT_FORWARD("recurrent products forward"),
  GATES_FORWARD("gates forward"),
  OUTPUT("output layer"),
  SOFTMAX("softmax"),
  GATES_BACKWARD("gates backward"),
  RECURRENT_BACKWARD("recurrent products backward"),
  INPUT_BACKWARD("input gradients"),
  WEIGHT_GRADIENTS("weight gradients"),
  FIRST_LAYER("first layer's and bias gradients"),
  UPDATE("clipping and update"),
  WAIT("waiting for other threads");

  private final String description;

  Phase(String description) {
    this.description = description;
  }

  String description() {
    return description;
  }
}
