# A caller with Net::HTTP: far.rb URL STYLE PAUSE WORKERS
require "json"
require "logger"
require "net/http"
url, style, pause, workers = ARGV
uri, log = URI(url), Logger.new($stdout)
$stdout.sync = true
body = "x" * 3_000_000
Array.new(workers.to_i) do
  Thread.new do
    http = nil
    loop do
      begin
        http ||= Net::HTTP.new(uri.host, uri.port).tap { |h| h.max_retries = 0; h.keep_alive_timeout = 60; h.read_timeout = 8; h.start }
        url.include?("/upload") ? http.post(uri.request_uri, body) : http.get(uri.request_uri)
      rescue StandardError => e
        case style
        when "json" then puts JSON.generate(level: "ERROR", message: "call failed", url: url, error_class: e.class.name, error: e.message)
        when "trace" then log.error(e)
        else log.warn("#{url}: #{e.class}: #{e.message}")
        end
        http.finish rescue nil
        http = nil
      end
      sleep pause.to_f * (0.7 + 0.6 * rand)
    end
  end
end.each(&:join)
