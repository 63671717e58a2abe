package trainer.service.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import trainer.service.http.Tokens.Caller;

final class QuotaTest {
  private static final Caller ROSA = new Caller("rosa", Access.READ);
  private static final Caller SAM = new Caller("sam", Access.SUBMIT);

  private final Quota quota = new Quota(8, 5, "8 are sent, the limit: retry later");

  private List<Quota.Held> taken(Caller caller, int number) {
    List<Quota.Held> held = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      held.add(quota.take(caller, 1));
    }
    return held;
  }

  @Test
  void oneTokenHasThreeQuarters() {
    List<Quota.Held> held = taken(ROSA, 6);
    assertThatThrownBy(() -> quota.take(ROSA, 1)).hasMessage("8 are sent, the limit: retry later");
    taken(SAM, 2);
    assertThatThrownBy(() -> quota.take(SAM, 1)).isInstanceOf(ApiProblem.class);
    held.get(0).close();
    taken(SAM, 1);
  }

  @Test
  void oneTokenHasOneOfTwo() {
    Quota two = new Quota(2, 5, "2 are sent");
    two.take(ROSA, 1);
    assertThatThrownBy(() -> two.take(ROSA, 1)).hasMessage("2 are sent");
    two.take(SAM, 1);
  }

  @Test
  void withoutTokensCallersShareAll() {
    taken(Tokens.ANYONE, 8);
    assertThatThrownBy(() -> quota.take(Tokens.ANYONE, 1)).isInstanceOf(ApiProblem.class);
  }

  @Test
  void closingTwiceFreesOnce() {
    Quota.Held first = quota.take(ROSA, 3);
    quota.take(ROSA, 3);
    first.close();
    first.close();
    assertThat(quota.held()).isEqualTo(3);
    quota.take(ROSA, 3);
    assertThatThrownBy(() -> quota.take(ROSA, 1)).isInstanceOf(ApiProblem.class);
  }

  @Test
  void whatIsLargerThanTheQuotaIsGivenAlone() {
    Quota.Held large = quota.take(ROSA, 100);
    assertThatThrownBy(() -> quota.take(SAM, 1)).isInstanceOf(ApiProblem.class);
    large.close();
    quota.take(SAM, 1);
  }
}
