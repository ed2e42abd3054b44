import { once } from "node:events";
import { appendFileSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

// A service for the supervisor's test: it notes each of its lives in a file, and ends as told.

const { LIVES = "", END = "", DEATHS = "0", HEALTH = "", SILENT_LIVES = "0" } = process.env;
appendFileSync(LIVES, "1");

if (END === "start") {
  process.stderr.write("no such model\n");
  process.exit(1);
}
if (END === "config") process.exit(78);
if (SILENT_LIVES !== "0") {
  const server = createServer((_, response) => void response.end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  process.send!({ type: "live", health: `http://127.0.0.1:${port}` });
}
process.send!({ type: "ready", health: HEALTH }, () => {
  // By a signal, as a native crash does. After so many deaths it lives on.
  if (readFileSync(LIVES).length <= Number(DEATHS)) process.kill(process.pid, "SIGKILL");
  // As a debugger does, or a disk that never answers.
  if (readFileSync(LIVES).length <= Number(SILENT_LIVES)) process.kill(process.pid, "SIGSTOP");
});
setInterval(() => {}, 1_000_000);
