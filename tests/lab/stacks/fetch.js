// A caller that uses fetch and its pool: fetch.js URL STYLE PAUSE WORKERS
const [, , url, style, pause, workers] = process.argv;
const body = url.includes("/upload") ? Buffer.alloc(3000000, "x") : undefined;
function failed(error) {
  const cause = error.cause || error;
  if (style === "json") console.log(JSON.stringify({ level: "error", time: new Date().toISOString(), msg: "call failed", url, code: cause.code, err: cause.message }));
  else if (style === "trace") console.error(error);
  else console.error(`[${new Date().toISOString()}] ERROR fetch ${url}: ${error.message} (${cause.code || cause.message})`);
}
async function work() {
  while (true) {
    await fetch(url, body ? { method: "POST", body } : {}).then((answer) => answer.arrayBuffer()).catch(failed);
    await new Promise((done) => setTimeout(done, pause * 1000 * (0.7 + 0.6 * Math.random())));
  }
}
for (let i = 0; i < +workers; i++) work();
