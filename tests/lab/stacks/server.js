// Small servers of Node: server.js KIND HOST PORT STYLE
const [, , kind, host, port, style] = process.argv;
const net = require("net"), http = require("http"), fs = require("fs");
const block = Buffer.alloc(65536, "x");
function gone(socket, error) {
  const where = `${socket.remoteAddress}:${socket.remotePort}`;
  if (style === "stack") console.error("socket error", error);
  else if (style === "json") console.log(JSON.stringify({ level: 50, time: Date.now(), remote: where, err: { message: error.message, code: error.code, syscall: error.syscall }, msg: "socket error" }));
  else if (style === "code") console.error(`[${new Date().toISOString()}] WARN connection ${where} closed: ${error.code}`);
  else console.error(`[${new Date().toISOString()}] ERROR client ${where} error: ${error.message}`);
}
process.on("SIGTERM", () => { console.log("SIGTERM received, exiting"); process.exit(0); });
if (kind === "net") {
  net.createServer((socket) => {
    socket.on("error", (error) => gone(socket, error));
    socket.on("data", (data) => {
      if (data.toString().startsWith("BIG")) { for (let i = 0; i < 200; i++) setTimeout(() => socket.destroyed || socket.write(block), i * 10); }
      else socket.write(data);
    });
  }).listen(+port, host);
} else {
  const serve = (request, response) => {
    request.on("error", (error) => gone(request.socket, error));
    response.on("error", (error) => gone(request.socket, error));
    if (request.url.startsWith("/slow")) setTimeout(() => response.end("ok\n"), 2000);
    else if (request.url.startsWith("/big")) { let i = 0; const more = setInterval(() => { if (i++ > 100 || response.destroyed) { clearInterval(more); response.end(); } else response.write(block); }, 20); }
    else { request.resume(); request.on("end", () => response.end("ok\n")); }
    if (style !== "quiet") response.on("finish", () => console.log(`${request.socket.remoteAddress} - - [${new Date().toUTCString()}] "${request.method} ${request.url} HTTP/1.1" ${response.statusCode}`));
  };
  const server = kind === "https" ? require("https").createServer({ key: fs.readFileSync(process.argv[6]), cert: fs.readFileSync(process.argv[6]) }, serve) : http.createServer(serve);
  server.on("clientError", (error, socket) => { gone(socket, error); socket.destroy(); });
  server.on("tlsClientError", (error, socket) => gone(socket, error));
  if (kind === "doomed") setTimeout(() => { const order = undefined; console.log(order.total); }, +process.argv[6] * 1000);
  server.listen(+port, host);
}
