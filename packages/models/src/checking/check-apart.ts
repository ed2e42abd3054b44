import { fork } from "node:child_process";
import { once } from "node:events";
import { basename, dirname, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { ProblemError } from "@framequeue/contracts";
import type { ModelPackage } from "../package.ts";
import type { CheckOrder, CheckReply } from "./check-order.ts";

/** Longest time until a model must have been opened and run once. */
const DEADLINE_MS = 60_000;

export interface CheckLimits {
  /** Memory of the process that opens the file, in bytes. */
  readonly memoryBytes: number;
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** A model that was checked: what `checkModel` returns. */
export type CheckedModel = ModelPackage;

/**
 * `checkModel` for a file of a stranger: in a process of its own without the environment of this one, with a bound on
 * its time and its memory. A file that makes the runtime crash takes only that process with it.
 *
 * @param file in a folder of its own, which the messages leave out
 * @throws ProblemError what `checkModel` throws, and `model-invalid` where the process dies or passes a limit
 */
export async function checkApart(
  file: string,
  options: CheckOrder["options"],
  { memoryBytes, deadlineMs = DEADLINE_MS, signal }: CheckLimits,
): Promise<CheckedModel> {
  signal?.throwIfAborted();
  const child = fork(fileURLToPath(new URL("./check-process.ts", import.meta.url)), {
    env: { ORT_DISABLE_TELEMETRY: "1" },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    serialization: "advanced",
  });
  const late = AbortSignal.timeout(deadlineMs);
  const end = AbortSignal.any([late, ...(signal === undefined ? [] : [signal])]);
  const kill = (): void => void child.kill("SIGKILL");
  end.addEventListener("abort", kill, { once: true });
  const replies: CheckReply[] = [];
  child.once("message", (reply: CheckReply) => replies.push(reply));
  const closed = once(child, "close") as Promise<[number | null, string | null]>;
  child.send({ file, options, memoryBytes } satisfies CheckOrder, () => {});
  const [code, killedBy] = await closed;
  end.removeEventListener("abort", kill);
  signal?.throwIfAborted();

  const [reply] = replies;
  const name = basename(file);
  const refused = (why: string): ProblemError =>
    new ProblemError("model-invalid", `${name} ${why}.`, { at: "file" });
  if (reply === undefined) {
    throw late.aborted
      ? refused(`could not be opened and run once within ${deadlineMs / 1000} s`)
      : refused(`took the process that tried it with it (${killedBy ?? `exit code ${code}`})`);
  }
  if ("outgrown" in reply) {
    const megabytes = Math.floor(memoryBytes / 1e6);
    throw refused(`takes more than ${megabytes} MB of memory to be opened and run once`);
  }
  if ("model" in reply) return reply.model;
  const inFolder = `${dirname(file)}${sep}`;
  const { code: problem, detail, at, errors } = reply.problem;
  throw new ProblemError(problem, detail.replaceAll(inFolder, ""), {
    ...(at === undefined ? {} : { at: at.replaceAll(inFolder, "") }),
    ...(errors === undefined ? {} : { errors }),
  });
}
