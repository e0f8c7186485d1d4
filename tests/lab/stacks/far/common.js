// What Node's packages share: KIND HOST PORT serves, KIND URL STYLE PAUSE WORKERS calls.
const [, , kind, first, second, pause, workers] = process.argv;
const block = Buffer.alloc(65536, "x");
const rest = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
async function* big() { for (let i = 0; i < 60; i++) { yield block; await rest(0.02); } }
const upload = first.includes("/upload"), body = upload ? Buffer.alloc(3000000, "x") : undefined;
async function work(call, failed) {
  while (true) {
    try { await call(); } catch (error) { failed(error); }
    await rest(pause * (0.7 + 0.6 * Math.random()));
  }
}
function run(servers, callers, failed) {
  if (kind in servers) servers[kind]();
  else { const call = callers[kind](); for (let i = 0; i < +workers; i++) work(call, failed); }
}
module.exports = { first, second, workers, rest, big, upload, body, run };
