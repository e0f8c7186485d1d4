# A server or caller of more of Ruby's libraries: more.rb KIND HOST PORT, or more.rb KIND URL STYLE PAUSE WORKERS
require "json"
require "logger"
kind, *rest = ARGV
$stdout.sync = true
if kind == "webrick"
  require "webrick"
  server = WEBrick::HTTPServer.new(BindAddress: rest[0], Port: rest[1].to_i)
  server.mount_proc("/") { |request, answer| answer.body = "ok\n" }
  server.mount_proc("/slow") { |request, answer| sleep 1.5; answer.body = "ok\n" }
  server.mount_proc("/upload") { |request, answer| request.body { |part| sleep 0.002 }; answer.body = "ok\n" }
  server.mount_proc("/big") do |request, answer|
    answer.chunked = true
    answer.body = proc { |out| 60.times { out.write("x" * 65_536); sleep 0.02 } }
  end
  trap("TERM") { server.shutdown }
  server.start
  exit
end
url, style, pause, workers = rest
upload, body, log = url.include?("/upload"), "x" * 3_000_000, Logger.new($stdout)
make = {
  "excon" => lambda do
    require "excon"
    one = Excon.new(url, persistent: true, read_timeout: 8)
    -> { upload ? one.post(body: body) : one.get }
  end,
  "httprb" => lambda do
    require "http"
    one = HTTP.persistent(url[%r{\Ahttp://[^/]+}]).timeout(8)
    -> { (upload ? one.post(url, body: body) : one.get(url)).to_s }
  end,
  "httpclient" => lambda do
    require "httpclient"
    one = HTTPClient.new
    one.receive_timeout = 8
    -> { upload ? one.post(url, body) : one.get(url) }
  end,
}.fetch(kind)
Array.new(workers.to_i) do
  Thread.new do
    call = make.call
    loop do
      begin
        call.call
      rescue StandardError => e
        case style
        when "json" then puts JSON.generate(severity: "ERROR", message: "#{e.class}: #{e.message}", url: url)
        when "trace" then log.error("call failed: #{e.full_message(highlight: false)}")
        else log.error("#{e.class} (#{e.message})")
        end
        call = make.call
      end
      sleep pause.to_f * (0.7 + 0.6 * rand)
    end
  end
end.each(&:join)
