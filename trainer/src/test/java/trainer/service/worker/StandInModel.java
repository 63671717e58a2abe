package trainer.service.worker;

import java.util.List;

/** Writes text as {@code sample} does: the prime, then so many letters, a few at a time. */
final class StandInModel {
  private StandInModel() {}

  static void write(List<String> arguments) throws InterruptedException {
    String prime = option(arguments, "--prime", "");
    if (prime.contains("\u00df")) {
      System.err.println("error: --prime: the model does not know '\u00df'; leave it out");
      Runtime.getRuntime().halt(2);
    }
    System.out.print(prime);
    int length = Integer.parseInt(option(arguments, "--length", "0"));
    for (int i = 0; i < length; i++) {
      System.out.print((char) ('a' + i % 26));
      if (i % 100 == 0) {
        System.out.flush();
        Thread.sleep(20);
      }
    }
    System.out.println();
  }

  private static String option(List<String> arguments, String name, String otherwise) {
    return arguments.stream()
        .filter(word -> word.startsWith(name + "="))
        .map(word -> word.substring(name.length() + 1))
        .findFirst()
        .orElse(otherwise);
  }
}
