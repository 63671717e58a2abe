package trainer.text;

import java.math.BigDecimal;
import java.util.List;
import java.util.stream.IntStream;

/** The three consecutive parts of a text. */
public record Splits(Split training, Split validation, Split test) {

  /**
   * Splits a text at ⌊characters · f₁⌋ and ⌊characters · (f₁ + f₂)⌋, computed in decimal, so that
   * 0.9 is nine tenths; the rounding remainder goes to the last nonzero split.
   *
   * @param characters in the text
   * @param fractions of training, validation and test, which sum to 1
   */
  public static Splits of(long characters, List<Double> fractions) {
    if (fractions.size() != 3 || fractions.stream().anyMatch(f -> !(f >= 0 && f <= 1))) {
      throw new TextException(
          "data.split: %s: expected three fractions from 0 to 1, for training, validation and test"
              .formatted(fractions));
    }
    BigDecimal sum = fractions.stream().map(BigDecimal::valueOf).reduce(BigDecimal::add).get();
    if (Math.abs(sum.doubleValue() - 1) > 1e-9) {
      throw new TextException(
          "data.split: %s sums to %s; the fractions must sum to 1"
              .formatted(fractions, sum.stripTrailingZeros().toPlainString()));
    }
    BigDecimal first = BigDecimal.valueOf(fractions.get(0));
    BigDecimal second = first.add(BigDecimal.valueOf(fractions.get(1)));
    boolean onlyTraining = fractions.get(1) == 0 && fractions.get(2) == 0;
    long validation = onlyTraining ? characters : floor(characters, first);
    long test = fractions.get(2) == 0 ? characters : floor(characters, second);
    return new Splits(
        new Split("training", 0, validation),
        new Split("validation", validation, test),
        new Split("test", test, characters));
  }

  /**
   * Splits each of several blocks of equal length, and joins the parts: all training parts, then
   * all validation parts, then all test parts.
   *
   * @param fractions as above, within each block
   */
  public static Splits of(long characters, List<Double> fractions, int blocks) {
    List<Splits> inBlocks = ofBlocks(characters, fractions, blocks);
    long validation = inBlocks.stream().mapToLong(block -> block.training().length()).sum();
    long test =
        validation + inBlocks.stream().mapToLong(block -> block.validation().length()).sum();
    return new Splits(
        new Split("training", 0, validation),
        new Split("validation", validation, test),
        new Split("test", test, characters));
  }

  /** The splits of each block, in place. */
  static List<Splits> ofBlocks(long characters, List<Double> fractions, int blocks) {
    return IntStream.range(0, blocks)
        .mapToObj(
            block -> {
              long from = characters / blocks * block + Math.min(block, characters % blocks);
              long length = characters / blocks + (block < characters % blocks ? 1 : 0);
              return of(length, fractions).from(from);
            })
        .toList();
  }

  private Splits from(long position) {
    List<Split> moved =
        parts().stream()
            .map(part -> new Split(part.name(), position + part.from(), position + part.to()))
            .toList();
    return new Splits(moved.get(0), moved.get(1), moved.get(2));
  }

  /** Training, validation and test. */
  List<Split> parts() {
    return List.of(training, validation, test);
  }

  private static long floor(long characters, BigDecimal fraction) {
    return Math.min(characters, fraction.multiply(BigDecimal.valueOf(characters)).longValue());
  }
}
