// A caller with a pool: client.js HOST PORT STYLE PAUSE WORKERS PATH
const [, , host, port, style, pause, workers, path] = process.argv;
const http = require("http");
const agent = new http.Agent({ keepAlive: true, maxSockets: +workers });
function failed(error) {
  if (style === "json") console.log(JSON.stringify({ level: "error", ts: new Date().toISOString(), msg: "upstream call failed", err: { message: error.message, code: error.code, syscall: error.syscall } }));
  else if (style === "stack") console.error("request failed:", error);
  else console.error(`[${new Date().toISOString()}] ERROR call to http://${host}:${port}${path || "/"} failed: ${error.message}`);
}
function once() {
  const request = http.get({ host, port, path: path || "/", agent }, (response) => { response.resume(); response.on("error", failed); response.on("end", again); });
  request.on("error", (error) => { failed(error); again(); });
}
function again() { setTimeout(once, +pause * 1000 * (0.7 + 0.6 * Math.random())); }
for (let i = 0; i < +workers; i++) again();
