package trainer.engine.nd4j;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import org.nd4j.linalg.cpu.nativecpu.CpuBackend;
import org.nd4j.linalg.factory.Nd4jBackend;

/**
 * Delegates to its parent, but lists only ND4J's CPU backend. ND4J otherwise selects its CUDA
 * backend on any machine with a GPU. Hiding the GPU instead would hide it from the cuda engine too,
 * and has no effect after the driver's first call.
 */
final class CpuBackendOnly extends ClassLoader {
  private static final String BACKENDS = "META-INF/services/" + Nd4jBackend.class.getName();

  CpuBackendOnly(ClassLoader parent) {
    super(parent);
  }

  @Override
  public Enumeration<URL> getResources(String name) throws IOException {
    return name.equals(BACKENDS)
        ? Collections.enumeration(List.of(new URL(null, "backend:cpu", new CpuBackendName())))
        : super.getResources(name);
  }

  /** An in-memory file with the backend's class name. */
  private static final class CpuBackendName extends URLStreamHandler {
    @Override
    protected URLConnection openConnection(URL url) {
      return new URLConnection(url) {
        @Override
        public void connect() {
          connected = true;
        }

        @Override
        public InputStream getInputStream() {
          byte[] name = CpuBackend.class.getName().getBytes(StandardCharsets.UTF_8);
          return new ByteArrayInputStream(name);
        }
      };
    }
  }
}
