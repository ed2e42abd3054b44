import { runProgram } from "./run-program.ts";

/** Figures of a Redis server on a socket, by the names that `INFO` gives them. */
export async function redisInfo(socket: string, section: string): Promise<Map<string, string>> {
  const stdout = await runProgram("redis-cli", ["-s", socket, "INFO", section]);
  return new Map(
    stdout
      .split("\r\n")
      .filter((line) => line.includes(":"))
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
  );
}
