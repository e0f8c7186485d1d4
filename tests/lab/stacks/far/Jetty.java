// A web server with Jetty: Jetty.java HOST PORT
import java.io.*; import java.net.*; import javax.servlet.http.*;
import org.eclipse.jetty.server.*; import org.eclipse.jetty.server.handler.AbstractHandler;
public class Jetty {
  static final byte[] BLOCK = new byte[65536];
  public static void main(String[] a) throws Exception {
    Server server = new Server(new InetSocketAddress(a[0], Integer.parseInt(a[1])));
    server.setRequestLog(new CustomRequestLog(new Slf4jRequestLogWriter() { public void write(String line) { System.out.println(line); } }, CustomRequestLog.EXTENDED_NCSA_FORMAT));
    server.setHandler(new AbstractHandler() {
      public void handle(String path, Request base, HttpServletRequest request, HttpServletResponse response) throws IOException {
        base.setHandled(true);
        try {
          if (path.startsWith("/slow")) Thread.sleep(1500);
          if (request.getMethod().equals("POST")) { byte[] b = new byte[4096]; InputStream in = request.getInputStream(); while (in.read(b) > 0) Thread.sleep(2); }
          response.setStatus(200);
          for (int i = 0; i < (path.startsWith("/big") ? 60 : 0); i++) { response.getOutputStream().write(BLOCK); Thread.sleep(20); }
          response.getOutputStream().write("ok\n".getBytes());
        } catch (InterruptedException e) { Thread.currentThread().interrupt(); }
      }
    });
    server.setStopAtShutdown(true);
    server.start();
    server.join();
  }
}
