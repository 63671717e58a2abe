package trainer.service.http;

import io.javalin.http.HttpStatus;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/** Answers what Jetty refuses before any route sees it with problem documents. */
final class JettyErrors extends ErrorHandler {

  @Override
  public boolean errorPageForMethod(String method) {
    return true;
  }

  @Override
  protected void generateResponse(
      Request request,
      Response response,
      int code,
      String message,
      Throwable cause,
      Callback callback) {
    HttpServer.protect(response.getHeaders());
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, ApiProblem.CONTENT_TYPE);
    response.getHeaders().put(HttpHeader.CONNECTION, "close"); // the body has not been read
    byte[] document = document(code, message, request.getHttpURI().getPath());
    response.write(true, ByteBuffer.wrap(document), callback);
  }

  private static byte[] document(int code, String message, String path) {
    HttpStatus status = HttpStatus.forStatus(code);
    return new ApiProblem(
            status,
            code >= 500 || message == null || message.isBlank() ? status.getMessage() : message)
        .document(path);
  }
}
