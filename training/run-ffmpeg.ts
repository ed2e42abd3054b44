import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Runs ffmpeg to its end.
 *
 * @param input buffers for its standard input
 * @returns what it wrote to its standard output
 * @throws Error with ffmpeg's own words if it fails
 */
export async function runFfmpeg(
  args: readonly string[],
  input: Iterable<Uint8Array> = [],
): Promise<Buffer> {
  const child = spawn("ffmpeg", ["-v", "error", "-nostdin", ...args]);
  const output: Buffer[] = [];
  let complaints = "";
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => (complaints += chunk.toString()));
  const closed = once(child, "close") as Promise<[number | null]>;
  // A child that dies early closes its end; its exit code below tells.
  child.stdin.on("error", () => {});
  for (const buffer of input) {
    if (!child.stdin.write(buffer)) await Promise.race([once(child.stdin, "drain"), closed]);
  }
  child.stdin.end();
  const [code] = await closed;
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}: ${complaints}`);
  return Buffer.concat(output);
}
