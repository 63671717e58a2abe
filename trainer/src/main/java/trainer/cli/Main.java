package trainer.cli;

/** Entry point of {@code java -jar trainer.jar}. */
public final class Main {
  private Main() {}

  /** Runs the command line. */
  public static void main(String[] arguments) {
    System.out.println(org.nd4j.linalg.factory.Nd4j.rand(2, 2));
  }
}
