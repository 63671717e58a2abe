package trainer.exchange;

import java.io.IOException;
import java.util.List;
import trainer.checkpoint.Numbers;
import trainer.config.Layer;

/** The network in a file: its shape, and its numbers when asked for. */
interface Weights {
  List<Layer> layers();

  /** The number of characters. */
  int vocabulary();

  /** In the order of {@link trainer.cell.CellLayout}. */
  Numbers parameters() throws IOException;
}
