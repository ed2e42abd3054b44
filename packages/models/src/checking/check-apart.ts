import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { basename, dirname, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type ProblemCode, ProblemError } from "@framequeue/contracts";
import { tiedCommand } from "@framequeue/lifetime";
import type { ModelPackage } from "../package.ts";
import type { CheckOrder, CheckReply } from "./check-order.ts";

export interface CheckLimits {
  /** Memory of the process that opens the file, in bytes. */
  readonly memoryBytes: number;
  /** Time until the model must have been opened and run once. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/** A model that was checked: what `checkModel` returns. */
export type CheckedModel = ModelPackage;

/**
 * `checkModel` for a file of a stranger: in a process of its own without the environment of this one, with a bound on
 * its time and its memory. A file that makes the runtime crash takes only that process with it; where this process dies,
 * so does that.
 *
 * The process looks at its memory 50 times a second and ends itself; what a model wants in one piece that is larger by
 * far the kernel refuses, on Linux.
 *
 * @param file in a folder of its own, which the messages leave out
 * @throws ProblemError what `checkModel` throws, `model-too-slow` and `model-too-large` where the process passes a limit,
 * and `model-invalid` where it dies
 */
export async function checkApart(
  file: string,
  options: CheckOrder["options"],
  { memoryBytes, deadlineMs, signal }: CheckLimits,
): Promise<CheckedModel> {
  signal?.throwIfAborted();
  const child = fork(fileURLToPath(new URL("./check-process.ts", import.meta.url)), {
    ...nodeWithin(memoryBytes),
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
  const refused = (code: ProblemCode, why: string): ProblemError =>
    new ProblemError(code, `${name} ${why}.`, { at: "file" });
  if (reply === undefined) {
    throw late.aborted
      ? refused(
          "model-too-slow",
          `could not be opened and run once within ${deadlineMs / 1000} s, the limit of this system`,
        )
      : refused(
          "model-invalid",
          `took the process that tried it with it (${killedBy ?? `exit code ${code}`})`,
        );
  }
  if ("outgrown" in reply) {
    const megabytes = Math.floor(memoryBytes / 1e6);
    throw refused(
      "model-too-large",
      `takes more than ${megabytes} MB of memory to be opened and run once, the limit of this system`,
    );
  }
  if ("model" in reply) return reply.model;
  const inFolder = `${dirname(file)}${sep}`;
  const { code: problem, detail, at, errors } = reply.problem;
  throw new ProblemError(problem, detail.replaceAll(inFolder, ""), {
    ...(at === undefined ? {} : { at: at.replaceAll(inFolder, "") }),
    ...(errors === undefined ? {} : { errors }),
  });
}

/** Of util-linux, as what {@link tiedCommand} takes. */
const PRLIMIT = "/usr/bin/prlimit";
/** What Node with one session thread sets apart and never touches: the kernel counts that as data, too. */
const SET_APART_BYTES = 1.25 * 2 ** 30;

/** How to fork Node so that it dies with this process, and the kernel refuses it memory far beyond the bound. */
function nodeWithin(memoryBytes: number): { execPath: string; execArgv: string[] } {
  const data = Math.ceil(memoryBytes + SET_APART_BYTES);
  const { program, args } = existsSync(PRLIMIT)
    ? tiedCommand(PRLIMIT, [`--data=${data}`, "--", process.execPath])
    : tiedCommand(process.execPath, []);
  return { execPath: program, execArgv: [...args] };
}
