package trainer.config;

import trainer.config.binding.Default;
import trainer.config.binding.Describe;
import trainer.config.binding.Matches;
import trainer.config.binding.Rules;

/**
 * A tracking server of MLflow.
 *
 * @param trackingUri its address; null: none
 * @param experiment made if the server does not have it
 */
public record MlFlow(
    @Describe("the tracking server, such as http://127.0.0.1:5000; null: none")
        @Default("null")
        @Matches(
            value = "https?://(?![^/?#\\s]*@)[^/?#\\s]+[^?#\\s]*",
            words = "an http or https URL without user, password and query")
        String trackingUri,
    @Describe("the experiment that the run is shown in")
        @Default("character-rnn")
        @Matches(
            value = "[^\\p{Cntrl}]{1,200}",
            words = "a name of at most 200 characters on one line")
        String experiment) {

  public MlFlow {
    Rules.of(MlFlow.class, trackingUri, experiment).check();
  }
}
