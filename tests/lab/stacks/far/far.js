// Servers and callers of Node's packages: far.js KIND HOST PORT, or far.js KIND URL STYLE PAUSE WORKERS
const { first, second, workers, rest, big, upload, body, run } = require("./common.js");
const { Readable } = require("stream");
const servers = {
  fastify() {
    const app = require("fastify")({ logger: true });
    app.addContentTypeParser("*", (request, body, done) => { body.resume(); body.on("end", () => done(null)); body.on("error", done); });
    app.get("/", async () => "ok\n");
    app.get("/slow", async () => { await rest(1.5); return "ok\n"; });
    app.get("/big", (request, reply) => { reply.send(Readable.from(big())); });
    app.post("/upload", async () => "ok\n");
    app.listen({ host: first, port: +second });
  },
  koa() {
    const Koa = require("koa"), app = new Koa();
    app.use(async (context) => {
      if (context.path === "/slow") await rest(1.5);
      if (context.method === "POST") for await (const part of context.req) void part;
      context.body = context.path === "/big" ? Readable.from(big()) : "ok\n";
    });
    app.listen(+second, first);
    console.log(`listening on ${second}`);
  },
};
const callers = {
  axios() {
    const axios = require("axios"), http = require("http");
    const one = axios.create({ httpAgent: new http.Agent({ keepAlive: true }), timeout: 8000 });
    return () => (upload ? one.post(first, body) : one.get(first));
  },
  got() {
    const http = require("http"), agent = { http: new http.Agent({ keepAlive: true }) };
    const got = require("got").extend({ agent, retry: 0, timeout: 8000 });
    return () => (upload ? got.post(first, { body }) : got(first));
  },
  undici() {
    const { Pool } = require("undici"), url = new URL(first), pool = new Pool(url.origin, { connections: +workers });
    return async () => { const answer = await pool.request({ path: url.pathname + url.search, method: upload ? "POST" : "GET", body }); await answer.body.text(); };
  },
};
function failed(error) {
  if (second === "json") require("pino")().error({ err: error }, "call failed");
  else if (second === "trace") console.error(error);
  else console.error(`${new Date().toISOString()} warn: GET ${first} failed: ${error.message}`);
}
run(servers, callers, failed);
