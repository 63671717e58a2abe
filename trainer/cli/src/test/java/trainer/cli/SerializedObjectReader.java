package trainer.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InvalidClassException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** Runs the program, then deserializes a list in the same process. */
final class SerializedObjectReader {
  private SerializedObjectReader() {}

  public static void main(String[] arguments) {
    PrintStream out = System.out;
    Runtime.getRuntime().addShutdownHook(new Thread(() -> out.println(read())));
    Main.main(new String[] {"config", "missing.yml"});
  }

  private static String read() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(new ArrayList<>(List.of(1)));
      ByteArrayInputStream stored = new ByteArrayInputStream(bytes.toByteArray());
      try (ObjectInputStream in = new ObjectInputStream(stored)) {
        return "read: " + in.readObject();
      }
    } catch (InvalidClassException e) {
      return "refused: " + e.getMessage();
    } catch (IOException | ClassNotFoundException e) {
      return "failed: " + e;
    }
  }
}
