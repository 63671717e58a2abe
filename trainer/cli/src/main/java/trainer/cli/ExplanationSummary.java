package trainer.cli;

import java.util.ArrayList;
import java.util.List;
import trainer.cli.console.Console;
import trainer.file.ShellWord;
import trainer.insight.Copies;
import trainer.insight.Explanation;
import trainer.insight.GateUse;
import trainer.insight.MemoryOverLag;
import trainer.insight.UnitMemory;

/**
 * The output of {@code explain}.
 *
 * @param others networks to compare, on the same text
 * @param checkpoints of the run in order, on the same text
 */
record ExplanationSummary(
    Explanation found, List<Explanation> others, List<Explanation> checkpoints) {
  private static final int UNITS = 5;

  String text() {
    List<String> lines = new ArrayList<>();
    lines.add(
        Console.format(
            "%s, iteration %,d", ShellWord.shown(found.checkpoint()), found.iteration()));
    lines.add(ShellWord.onOneLine(found.source()) + ":");
    if (found.unknown().count() > 0) {
      lines.add("  " + found.unknown());
    }
    lines.add("  surprise   " + nats(found));
    found.units().stream()
        .filter(unit -> unit.follows() != null)
        .limit(UNITS)
        .forEach(unit -> lines.add(line(unit)));
    found.gates().forEach(gate -> lines.add(line(gate)));
    found.lag().ifPresent(lag -> lines.add("  memory     " + line(lag)));
    found
        .generated()
        .flatMap(Explanation.Generated::copies)
        .ifPresent(copies -> lines.add("  copies     " + line(copies, found.generated().get())));
    others.forEach(
        other -> {
          lines.add(ShellWord.shown(other.checkpoint()) + ":");
          lines.add("  surprise   " + nats(other));
          other.lag().ifPresent(lag -> lines.add("  memory     " + line(lag)));
        });
    if (!checkpoints.isEmpty()) {
      lines.add("over time:");
      checkpoints.forEach(
          one -> lines.add(Console.format("  %,9d  %s", one.iteration(), nats(one))));
    }
    return String.join(System.lineSeparator(), lines);
  }

  private static String nats(Explanation one) {
    double nats = one.natsPerCharacter();
    return Console.format("%.4f nats, %.4f bits per character", nats, Console.bits(nats));
  }

  private static String line(UnitMemory unit) {
    return Console.format(
        "  unit       layer %d, unit %d, %s state: %s, correlation %.2f",
        unit.layer(), unit.unit(), unit.state(), unit.follows().words(), unit.correlation());
  }

  private static String line(GateUse gate) {
    return Console.format(
        "  gate       layer %d, %s: nearly open %.1f %%, nearly shut %.1f %%%s",
        gate.layer(),
        gate.gate(),
        100 * GateUse.mean(gate.open()),
        100 * GateUse.mean(gate.shut()),
        gate.peephole() == null
            ? ""
            : Console.format(", peepholes' part %.1f %%", 100 * GateUse.mean(gate.peephole())));
  }

  /** The hidden state of the top layer. */
  private static String line(MemoryOverLag lag) {
    double[] hidden = lag.layers().get(lag.layers().size() - 1).hidden();
    List<String> shares = new ArrayList<>();
    for (int k : new int[] {1, 10, 50, 100, 200}) {
      if (k <= hidden.length) {
        shares.add(Console.format("%d: %.2g", k, hidden[k - 1]));
      }
    }
    return "gradient by the hidden state of the top layer, by characters back: "
        + String.join(", ", shares);
  }

  private static String line(Copies copies, Explanation.Generated generated) {
    int characters = generated.text().codePointCount(0, generated.text().length());
    return Console.format(
        "of %,d characters it generated, %.1f %% stand in the corpus in parts of %d or more; the longest has %d",
        characters,
        100 * copies.share(characters),
        Copies.SHORTEST,
        copies.longest() == null ? 0 : copies.longest().length());
  }
}
