// A web server: Web.java HOST PORT [SECONDS], which runs out of memory after so many seconds
import com.sun.net.httpserver.*; import java.io.*; import java.net.*; import java.util.*; import java.util.concurrent.*; import java.util.logging.*;
public class Web {
  static final byte[] BLOCK = new byte[65536];
  public static void main(String[] a) throws Exception {
    System.setProperty("java.util.logging.SimpleFormatter.format", "%1$tF %1$tT.%1$tL %4$-7s [%3$s] %5$s%6$s%n");
    Logger log = Logger.getLogger("com.example.orders.Web");
    HttpServer server = HttpServer.create(new InetSocketAddress(a[0], Integer.parseInt(a[1])), 64);
    server.setExecutor(Executors.newFixedThreadPool(32));
    server.createContext("/", exchange -> {
      try (exchange) {
        String path = exchange.getRequestURI().toString();
        if (path.startsWith("/slow")) Thread.sleep(1500);
        if (exchange.getRequestMethod().equals("POST")) {
          byte[] b = new byte[4096]; InputStream in = exchange.getRequestBody();
          while (in.read(b) > 0) Thread.sleep(2);
        }
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
          for (int i = 0; i < (path.startsWith("/big") ? 60 : 0); i++) { out.write(BLOCK); Thread.sleep(20); }
          out.write("ok\n".getBytes());
        }
      } catch (IOException | InterruptedException e) {
        log.log(Level.SEVERE, "request " + exchange.getRequestURI() + " from " + exchange.getRemoteAddress() + " failed", e);
      }
    });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> log.info("Received signal TERM, shutting down")));
    if (a.length > 2) new Timer().schedule(new TimerTask() { public void run() { List<long[]> kept = new ArrayList<>(); while (true) kept.add(new long[1 << 20]); } }, (long) (1000 * Double.parseDouble(a[2])));
    server.start();
    log.info("Server started on " + a[1]);
  }
}
