import { appendFileSync, readFileSync } from "node:fs";

// A service for the supervisor's test: it notes each of its lives in a file, and ends as told.

const { LIVES = "", END = "", DEATHS = "0", HEALTH = "" } = process.env;
appendFileSync(LIVES, "1");

if (END === "start") {
  process.stderr.write("no such model\n");
  process.exit(1);
}
if (END === "config") process.exit(78);
process.send!({ type: "ready", health: HEALTH }, () => {
  // By a signal, as a native crash does. After so many deaths it lives on.
  if (readFileSync(LIVES).length <= Number(DEATHS)) process.kill(process.pid, "SIGKILL");
});
setInterval(() => {}, 1_000_000);
