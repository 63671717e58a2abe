package trainer.engine;

import java.util.List;

/** A session of a {@link VectorNetwork}, which closes it at the latest. */
public abstract class VectorSession implements Engine.Session {
  private final int lanes;
  private List<VectorSession> open = List.of(); // of the network; contains this until it is closed

  protected VectorSession(int lanes) {
    this.lanes = lanes;
  }

  final void join(List<VectorSession> sessions) {
    open = sessions;
    open.add(this);
  }

  protected final int lanes() {
    return lanes;
  }

  /** Checks that the session is open and the text has as many lanes. */
  protected final void check(int found) {
    if (!open.contains(this)) {
      throw new IllegalStateException("the session is closed");
    }
    if (found != lanes) {
      throw new IllegalArgumentException(
          "text in " + found + " lanes for a session of " + lanes + " lanes");
    }
  }

  /** Frees everything the session has allocated. */
  protected abstract void free();

  @Override
  public final void close() {
    if (open.remove(this)) {
      free();
    }
  }
}
