// A pool of raw connections to a line server: pool.js HOST PORT STYLE PAUSE SIZE
const [, , host, port, style, pause, size] = process.argv;
const net = require("net");
function use(state) {
  const again = () => setTimeout(use, pause * 1000 * (0.7 + 0.6 * Math.random()), state);
  if (!state.socket) {
    state.socket = net.connect({ host, port });
    state.socket.on("error", (error) => {
      const idle = Date.now() - state.used;
      if (style === "idle") console.error(`[${new Date().toISOString()}] ERROR pool connection ${state.id} failed after ${idle} ms idle: ${error.message}`);
      else if (style === "json") console.log(JSON.stringify({ level: 50, time: Date.now(), err: { message: error.message, code: error.code, syscall: error.syscall }, msg: "pool connection failed" }));
      else console.error("pool error:", error);
      state.broken = true;
    });
    state.socket.on("close", () => { state.socket = null; });
    state.socket.on("data", () => { state.used = Date.now(); });
  }
  state.socket.write("PING\r\n");
  again();
}
for (let id = 0; id < +size; id++) use({ id, used: Date.now() });
