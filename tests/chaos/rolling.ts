import { setTimeout as sleep } from "node:timers/promises";
import type { ChaosSystem } from "./chaos-system.ts";

/** Replaces all processes as a cluster does it: all services at once, of each one process after the other. */
export async function restartAll(system: ChaosSystem): Promise<void> {
  const rounds = Map.groupBy(system.names, (name) => name.slice(name.lastIndexOf("-")));
  for (const round of rounds.values()) {
    await Promise.all(round.map((name) => restart(system, name)));
  }
}

/** Stops one process as an orchestrator does, and waits for its successor. */
async function restart(system: ChaosSystem, name: string): Promise<void> {
  const pid = system.pids()[name]!;
  process.kill(pid, "SIGTERM");
  while (system.pids()[name] === pid || !system.ready().includes(name)) await sleep(20);
}

/** What was answered while somebody asked. */
export interface Answered {
  /** Every status of 500 and above. */
  readonly faults: readonly string[];
  readonly answers: number;
}

export interface Questions extends AsyncDisposable {
  stop(): Promise<Answered>;
}

/**
 * Asks after jobs again and again at the processes of the API that are ready, as a load balancer chooses them, and the
 * other one where a connection breaks.
 */
export function ask(system: ChaosSystem, jobs: () => Iterable<string>): Questions {
  const over = new AbortController();
  const answered = askUntil(system, jobs, over.signal);
  const stop = (): Promise<Answered> => {
    over.abort();
    return answered;
  };
  return {
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

async function askUntil(
  system: ChaosSystem,
  jobs: () => Iterable<string>,
  over: AbortSignal,
): Promise<Answered> {
  const faults: string[] = [];
  let answers = 0;
  while (!over.aborted) {
    const ready = system.apiUrls.filter((_, i) => system.ready().includes(`api-${i + 1}`));
    for (const job of jobs()) {
      for (const url of ready) {
        const answer = await fetch(`${url}/v1/jobs/${job}`).catch(() => undefined);
        if (answer === undefined) continue;
        await answer.arrayBuffer();
        answers++;
        if (answer.status >= 500) faults.push(`${answer.status} from ${url}`);
        break;
      }
    }
    await sleep(5);
  }
  return { faults, answers };
}
