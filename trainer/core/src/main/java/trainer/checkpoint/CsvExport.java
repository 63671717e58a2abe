package trainer.checkpoint;

import java.io.BufferedWriter;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import trainer.file.AtomicFile;
import trainer.run.RunException;

/**
 * Named matrices as CSV: one line per number with the parameter's name, row and column from 0, and
 * the number in enough digits to read it back exactly.
 */
public final class CsvExport {
  private CsvExport() {}

  /**
   * Writes the file.
   *
   * @param parameters FLOAT or DOUBLE, vectors [n] or matrices [rows, columns], by name
   * @throws RunException if the file cannot be written
   */
  public static void write(Map<String, INDArray> parameters, Path file) {
    for (Map.Entry<String, INDArray> parameter : parameters.entrySet()) {
      if (parameter.getValue().rank() > 2) {
        throw new IllegalArgumentException(parameter.getKey() + " is neither vector nor matrix");
      }
    }
    AtomicFile.write(
        file,
        out -> {
          Writer text = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
          text.write("parameter,row,column,value\n");
          for (Map.Entry<String, INDArray> parameter : parameters.entrySet()) {
            INDArray array = parameter.getValue();
            boolean wide = array.dataType() == DataType.DOUBLE;
            long rows = array.rank() == 2 ? array.size(0) : 1;
            long columns = array.size(-1);
            for (long row = 0; row < rows; row++) {
              for (long column = 0; column < columns; column++) {
                double value =
                    array.rank() == 2 ? array.getDouble(row, column) : array.getDouble(column);
                String digits = wide ? Double.toString(value) : Float.toString((float) value);
                text.write(parameter.getKey() + ',' + row + ',' + column + ',' + digits + '\n');
              }
            }
          }
          text.flush();
        });
  }
}
