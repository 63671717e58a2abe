package trainer.service.http;

import io.javalin.http.Context;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.eclipse.jetty.io.content.AsyncContent;
import org.eclipse.jetty.util.Callback;
import trainer.service.inference.Frame;
import trainer.service.inference.InferenceProcess.Call;

/**
 * An answer that is sent while a text is generated. What a slow client has not read waits in
 * memory; the lengths of texts bound it.
 */
final class TextStream implements AutoCloseable {
  private final AsyncContent content = new AsyncContent();
  private final CompletableFuture<Void> sent;

  TextStream(Context context, Answers answers) {
    sent = answers.stream(context, content);
  }

  void write(String text) {
    if (!text.isEmpty()) {
      content.write(false, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), Callback.NOOP);
    }
  }

  /**
   * Passes the pieces of a text on to its end, or until the client is gone. If that fails, the
   * connection is closed, so that what was sent is not taken for the whole.
   */
  void writeAll(Call call, Inference.Model model, Consumer<Frame> write) {
    writeAll(() -> Inference.next(call, model, "prompt"), write);
  }

  void writeAll(Supplier<Frame> frames, Consumer<Frame> write) {
    try {
      Frame frame = frames.get();
      while (frame.kind() == Frame.Kind.PIECE && !sent.isDone()) {
        write.accept(frame);
        frame = frames.get();
      }
    } catch (RuntimeException | Error e) {
      content.fail(e);
      throw e;
    }
  }

  @Override
  public void close() {
    content.close();
  }
}
