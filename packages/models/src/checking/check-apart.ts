import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type ProblemCode, ProblemError } from "@framequeue/contracts";
import { tiedCommand } from "@framequeue/lifetime";
import { processorMsOf } from "../guarding/progress.ts";
import type { ModelPackage } from "../package/package.ts";
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
 * `model-check-busy` where the machine hardly let it run, and `model-invalid` where it dies
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
  let isStarved = false;
  const kill = (): void => {
    const had = processorMs(child.pid);
    isStarved = had !== undefined && had < STARVED_SHARE * deadlineMs;
    child.kill("SIGKILL");
  };
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
    if (late.aborted && isStarved) {
      throw new ProblemError(
        "model-check-busy",
        "The model could not be tried, because this system is too busy; send it again in a while.",
      );
    }
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

/** Whose process had less than this part of its time on a processor says nothing about its model. */
const STARVED_SHARE = 1 / 8;

/** Processor time of a process, in milliseconds; undefined where the system does not tell. */
function processorMs(pid: number | undefined): number | undefined {
  try {
    return processorMsOf(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return undefined;
  }
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
