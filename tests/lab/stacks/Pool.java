// A pool of raw connections to a line server: Pool.java HOST PORT STYLE PAUSE SIZE
import java.io.*; import java.net.*; import java.util.logging.*;
public class Pool {
  public static void main(String[] a) throws Exception {
    System.setProperty("java.util.logging.SimpleFormatter.format", "%1$tFT%1$tT.%1$tLZ %4$5s 1 --- [%3$s] : %5$s%6$s%n");
    Logger log = Logger.getLogger("com.example.pool.Connections");
    for (int i = 0; i < Integer.parseInt(a[4]); i++) { int id = i; new Thread(() -> {
      Socket one = null; byte[] buffer = new byte[4096]; long used = System.currentTimeMillis();
      while (true) {
        try {
          if (one == null) { one = new Socket(a[0], Integer.parseInt(a[1])); one.setSoTimeout(8000); }
          one.getOutputStream().write("PING\r\n".getBytes());
          if (one.getInputStream().read(buffer) < 0) throw new EOFException("closed by server");
        } catch (IOException e) {
          String text = "call failed on connection " + id;
          if (a[2].equals("idle")) text += " (idle " + (System.currentTimeMillis() - used) + " ms)";
          log.log(Level.SEVERE, text, e);
          try { if (one != null) one.close(); } catch (IOException ignored) { }
          one = null;
        }
        used = System.currentTimeMillis();
        try { Thread.sleep((long) (1000 * Double.parseDouble(a[3]) * (0.7 + 0.6 * Math.random()))); } catch (InterruptedException e) { return; }
      }
    }).start(); }
  }
}
