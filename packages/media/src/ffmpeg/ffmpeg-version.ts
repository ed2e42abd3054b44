import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** It only prints. */
const ANSWER_MS = 60_000;

/** By the program's path: it does not change while a process lives. */
const known = new Map<string, Promise<string>>();

/** The version that ffmpeg says it is, such as `5.1.9-0+deb12u1`, on which the last bits of a picture may depend. */
export function ffmpegVersion(ffmpeg: string): Promise<string> {
  const version = known.get(ffmpeg) ?? ask(ffmpeg);
  known.set(ffmpeg, version);
  // One that could not be started is asked again.
  version.catch(() => known.delete(ffmpeg));
  return version;
}

async function ask(ffmpeg: string): Promise<string> {
  const { stdout } = await run(ffmpeg, ["-hide_banner", "-version"], { timeout: ANSWER_MS });
  return /^ffmpeg version (\S+)/.exec(stdout)?.[1] ?? "unknown";
}
