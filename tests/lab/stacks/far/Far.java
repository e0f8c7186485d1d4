// Callers with OkHttp and Apache HttpClient: Far.java KIND URL STYLE PAUSE WORKERS
import java.util.concurrent.Callable; import java.util.concurrent.TimeUnit;
import okhttp3.*; import org.apache.http.client.methods.*; import org.apache.http.entity.ByteArrayEntity; import org.apache.http.impl.client.*; import org.apache.http.util.EntityUtils;
import org.slf4j.*;
public class Far {
  public static void main(String[] a) throws Exception {
    System.setProperty("org.slf4j.simpleLogger.showDateTime", "true");
    System.setProperty("org.slf4j.simpleLogger.dateTimeFormat", "yyyy-MM-dd HH:mm:ss.SSS");
    Logger log = LoggerFactory.getLogger("com.example.billing.Gateway");
    byte[] body = new byte[3_000_000]; boolean up = a[1].contains("/upload"); int workers = Integer.parseInt(a[4]);
    Callable<Object> call;
    if (a[0].equals("okhttp")) {
      OkHttpClient client = new OkHttpClient.Builder().retryOnConnectionFailure(false).readTimeout(8, TimeUnit.SECONDS).build();
      call = () -> { okhttp3.Request.Builder r = new okhttp3.Request.Builder().url(a[1]); if (up) r.post(RequestBody.create(null, body)); try (Response answer = client.newCall(r.build()).execute()) { return answer.body().bytes().length; } };
    } else {
      CloseableHttpClient client = HttpClients.custom().disableAutomaticRetries().setMaxConnPerRoute(workers).build();
      call = () -> { HttpUriRequest r; if (up) { HttpPost post = new HttpPost(a[1]); post.setEntity(new ByteArrayEntity(body)); r = post; } else r = new HttpGet(a[1]); try (CloseableHttpResponse answer = client.execute(r)) { EntityUtils.consume(answer.getEntity()); return null; } };
    }
    for (int i = 0; i < workers; i++) new Thread(() -> {
      while (true) {
        try { call.call(); } catch (Exception e) {
          if (a[2].equals("trace")) log.error("request to " + a[1] + " failed", e);
          else log.warn("request to {} failed: {}", a[1], e.toString());
        }
        try { Thread.sleep((long) (1000 * Double.parseDouble(a[3]) * (0.7 + 0.6 * Math.random()))); } catch (InterruptedException e) { return; }
      }
    }).start();
  }
}
