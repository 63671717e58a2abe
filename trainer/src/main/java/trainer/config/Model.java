package trainer.config;

import java.util.List;

/** The network between the one-hot characters and the softmax. */
public record Model(List<Layer> layers, double forgetGateBias, Initializer initializer) {}
