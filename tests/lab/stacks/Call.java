// A caller with a pool: Call.java URL STYLE PAUSE WORKERS
import java.io.*; import java.net.*; import java.net.http.*; import java.time.*; import java.util.logging.*;
public class Call {
  public static void main(String[] a) throws Exception {
    System.setProperty("java.util.logging.SimpleFormatter.format", "%1$tF %1$tT.%1$tL %4$-7s [%3$s] %5$s%6$s%n");
    Logger log = Logger.getLogger("com.example.checkout.CartClient");
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(3)).build();
    byte[] body = new byte[3_000_000];
    for (int i = 0; i < Integer.parseInt(a[3]); i++) new Thread(() -> {
      while (true) {
        try {
          HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(a[0])).timeout(Duration.ofSeconds(8));
          if (a[0].contains("/upload")) request.POST(HttpRequest.BodyPublishers.ofByteArray(body));
          client.send(request.build(), HttpResponse.BodyHandlers.discarding());
        } catch (Exception e) {
          if (a[1].equals("trace")) log.log(Level.WARNING, "call to " + a[0] + " failed", e);
          else log.warning("call to " + a[0] + " failed: " + e);
        }
        try { Thread.sleep((long) (1000 * Double.parseDouble(a[2]) * (0.7 + 0.6 * Math.random()))); } catch (InterruptedException e) { return; }
      }
    }).start();
  }
}
