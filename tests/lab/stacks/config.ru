BLOCK = "x" * 65536
run(lambda do |env|
  path = env["PATH_INFO"]
  sleep 1.5 if path.start_with?("/slow")
  if env["REQUEST_METHOD"] == "POST"
    sleep 0.002 while env["rack.input"].read(4096)
  end
  body = path.start_with?("/big") ? Enumerator.new { |out| 60.times { out << BLOCK; sleep 0.02 } } : ["ok\n"]
  [200, { "Content-Type" => "text/plain" }, body]
end)
