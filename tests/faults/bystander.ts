import { setTimeout as sleep } from "node:timers/promises";
import type { FaultSite } from "./fault-site.ts";

/** Somebody who has nothing to do with the fault: a job, and looks at the list and at a job of long ago. */
export interface Bystander {
  /** When the fault is over: how they were served, and what they lost. */
  end(): Promise<{ readonly others: string; readonly lost: readonly string[] }>;
}

export interface Calm {
  /** A job that ended before any fault. */
  readonly job: string;
  readonly results: string;
}

const LOOK_MS = 200;

/** @param mayBeDown nobody has to be answered while the fault lasts; a wrong answer is one all the same */
export async function startBystander(
  site: FaultSite,
  calm: Calm,
  { mayBeDown }: { mayBeDown: boolean },
): Promise<Bystander> {
  const lost: string[] = [];
  let answers = 0;
  let away = 0;
  let slowestMs = 0;
  const job = await site.submit(site.clip);
  const stopping = new AbortController();
  async function look(path: string, isRight: (text: string) => boolean): Promise<void> {
    const began = performance.now();
    // Once more, as any client does whose connection was closed at the moment in which it asked.
    const answer = await site.ask(path).catch(() => site.ask(path).catch(() => undefined));
    if (answer === undefined || (answer.status === 503 && mayBeDown)) {
      away++;
      return;
    }
    answers++;
    slowestMs = Math.max(slowestMs, performance.now() - began);
    if (answer.status !== 200) lost.push(`${path} answered ${answer.status}`);
    else if (!isRight(answer.text)) lost.push(`${path} answered something else`);
  }
  const looking = (async () => {
    while (!stopping.signal.aborted) {
      await look("/v1/jobs", (text) => text.includes('"jobs"'));
      await look(`/v1/jobs/${calm.job}`, (text) => text.includes('"succeeded"'));
      await sleep(LOOK_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  return {
    async end() {
      const { state, problem } = await site.ended(job);
      stopping.abort();
      await looking;
      if (state !== "succeeded") lost.push(`a job beside it: ${state} ${problem?.code ?? ""}`);
      else if ((await site.results(job)) !== calm.results)
        lost.push("a job beside it has other results");
      if ((await site.results(calm.job)) !== calm.results) lost.push("former results are others");
      await site.ask(`/v1/jobs/${job}`, { method: "DELETE" }).catch(() => {});
      if (away > 0 && !mayBeDown) lost.push(`${away} looks had no answer`);
      const slowest = `slowest ${(slowestMs / 1_000).toFixed(1)} s`;
      return {
        others: `job same, ${answers} answers, ${slowest}${away > 0 ? `, ${away} away` : ""}`,
        lost: [...new Set(lost)],
      };
    },
  };
}
