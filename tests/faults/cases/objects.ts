import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { INTERMEDIATES, isOfKind, type ObjectKind } from "../../objects/kinds.ts";
import { type Strike, STRIKES } from "../../objects/strikes.ts";
import type { FaultCase } from "../fault-case.ts";
import type { FaultSite } from "../fault-site.ts";
import { sameAsEver } from "./same-as-ever.ts";

/** The paths of a job's objects of that kind, once there is one. */
async function objectsOf(site: FaultSite, kind: ObjectKind, job: string): Promise<string[]> {
  for (;;) {
    const names = await readdir(site.objectsDir, { recursive: true });
    const found = names.filter((name) => isOfKind(kind, name, job));
    if (found.length > 0) return found.map((name) => join(site.objectsDir, name));
    await sleep(5);
  }
}

/** What a job leaves for its own later steps is struck while it runs. */
const whileItRuns = (name: string, strike: Strike): FaultCase => ({
  kind: strike === "emptied" ? "durability" : "objects",
  what: `in the middle of a job its object "${name}" is ${strike}`,
  wants: /^same$/,
  async play(site) {
    const kind = INTERMEDIATES.find((each) => each.name === name)!;
    return sameAsEver(site, async (job) => {
      for (const path of await objectsOf(site, kind, job))
        await STRIKES[strike](path).catch(() => {});
    });
  },
});

/** A result is struck when its job has ended: it is never served, and can be made again. */
const afterTheEnd = (strike: Strike): FaultCase => ({
  kind: "objects",
  what: `the detections of a job that ended are ${strike}`,
  wants: /^(4\d\d|5\d\d) \S+, retry 20\d: same$/,
  async play(site) {
    const job = await site.submit(site.clip);
    await site.ended(job);
    const right = await site.results(job);
    const result: ObjectKind = { name: "result", key: "jobs/JOB/artifacts/\\w+/frames\\.jsonl" };
    for (const path of await objectsOf(site, result, job)) await STRIKES[strike](path);
    // Cut off in the middle where the damage shows only then.
    const answer = await site
      .ask(`/v1/jobs/${job}/results/frames.jsonl`)
      .catch(() => ({ status: 499, body: { code: "cut-off" } }));
    const retry = await site.ask(`/v1/jobs/${job}/retry`, { method: "POST" });
    await site.until(job, ({ finishedAt }) => finishedAt !== undefined);
    const same = (await site.results(job)) === right ? "same" : "others";
    return `${answer.status} ${answer.body?.code ?? "?"}, retry ${retry.status}: ${same}`;
  },
});

export const OBJECTS: readonly FaultCase[] = [
  whileItRuns("plan", "emptied"),
  whileItRuns("plan", "flipped"),
  whileItRuns("infer", "emptied"),
  whileItRuns("infer", "deleted"),
  whileItRuns("part", "emptied"),
  whileItRuns("part", "flipped"),
  whileItRuns("part", "deleted"),
  whileItRuns("checkpoint", "emptied"),
  whileItRuns("checkpoint", "flipped"),
  afterTheEnd("flipped"),
  afterTheEnd("emptied"),
  afterTheEnd("truncated"),
  afterTheEnd("deleted"),
];
