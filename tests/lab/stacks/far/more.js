// Servers and callers of more of Node's packages: more.js KIND HOST PORT, or more.js KIND URL STYLE PAUSE WORKERS
const { first, second, rest, big, upload, body, run } = require("./common.js");
const { Readable } = require("stream");
const http = require("http");
const servers = {
  express() {
    const app = require("express")();
    app.get("/", (request, reply) => reply.send("ok\n"));
    app.get("/slow", async (request, reply) => { await rest(1.5); reply.send("ok\n"); });
    app.get("/big", (request, reply) => { Readable.from(big()).on("error", (error) => console.error(error)).pipe(reply); });
    app.post("/upload", (request, reply, next) => { request.on("error", next); request.on("end", () => reply.send("ok\n")); request.resume(); });
    app.listen(+second, first, () => console.log(`app listening on port ${second}`));
  },
  async hapi() {
    const server = require("@hapi/hapi").server({ host: first, port: +second });
    server.events.on({ name: "request", channels: ["error", "internal"] }, (request, event, tags) => { if (event.error) console.error(`${new Date().toISOString()} [request,${Object.keys(tags)}] ${request.method} ${request.path}`, event.error.message); });
    server.route([
      { method: "GET", path: "/", handler: () => "ok\n" },
      { method: "GET", path: "/slow", handler: async () => { await rest(1.5); return "ok\n"; } },
      { method: "GET", path: "/big", handler: () => Readable.from(big(), { objectMode: false }) },
      { method: "POST", path: "/upload", options: { payload: { maxBytes: 9e6 } }, handler: () => "ok\n" },
    ]);
    await server.start();
    console.log("server running at", server.info.uri);
  },
};
const agent = new http.Agent({ keepAlive: true });
const callers = {
  superagent() {
    const superagent = require("superagent");
    return () => (upload ? superagent.post(first).send(body) : superagent.get(first).buffer(true)).agent(agent).timeout(8000);
  },
  needle() {
    const needle = require("needle"), options = { agent, response_timeout: 8000 };
    return () => (upload ? needle("post", first, body, options) : needle("get", first, options));
  },
  nodefetch() {
    const fetch = require("node-fetch");
    return async () => { const answer = await fetch(first, { agent, method: upload ? "POST" : "GET", body }); await answer.text(); };
  },
};
function failed(error) {
  if (second === "json") console.error(JSON.stringify({ level: "error", time: new Date().toISOString(), msg: "request failed", error: error.message, code: error.code }));
  else if (second === "trace") console.error("request failed:", error);
  else console.error(`[${new Date().toISOString()}] ERROR orders: ${error.name}: ${error.message}`);
}
run(servers, callers, failed);
