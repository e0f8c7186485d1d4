// A line server: Server.java HOST PORT
import java.io.*; import java.net.*; import java.util.logging.*;
public class Server {
  public static void main(String[] a) throws Exception {
    System.setProperty("java.util.logging.SimpleFormatter.format", "%1$tF %1$tT.%1$tL  %4$s [%3$s] %5$s%6$s%n");
    Logger log = Logger.getLogger("com.example.Server");
    ServerSocket server = new ServerSocket(Integer.parseInt(a[1]), 50, InetAddress.getByName(a[0]));
    while (true) {
      Socket s = server.accept();
      new Thread(() -> {
        try (s) { InputStream in = s.getInputStream(); byte[] b = new byte[4096]; int n; while ((n = in.read(b)) > 0) s.getOutputStream().write(b, 0, n); }
        catch (IOException e) { log.log(Level.WARNING, "Error handling client " + s.getRemoteSocketAddress(), e); }
      }).start();
    }
  }
}
