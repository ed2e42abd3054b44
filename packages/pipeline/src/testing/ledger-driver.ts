import assert from "node:assert/strict";
import { type BatchKey, type JobId, newJobId, newToken } from "@framequeue/contracts";
import { type Due, type Ledger, type PlanOptions, type TrackRun } from "../ledger/ledger.ts";

export const PLAN: PlanOptions = {
  mode: "parallel",
  segments: 2,
  window: 8,
  openSegments: 2,
  attempts: 2,
  enhance: false,
  steps: ["index", "finalize"],
  total: 0,
};

/** What is due, readable: `decode 1 #1`, `infer 0.3 #2`, `track #5`. */
export function names(answer: { readonly due?: readonly Due[] }): string[] {
  return (answer.due ?? []).map(({ stage, item, q }) =>
    item === "" ? `${stage} #${q}` : `${stage} ${item} #${q}`,
  );
}

/** Walks one job through the ledger as the stages do, without pixels. Every step must be answered as it normally is. */
export class LedgerDriver {
  readonly ledger: Ledger;
  readonly job: JobId;
  ep: string;

  constructor(ledger: Ledger, job: JobId = newJobId(), ep: string = newToken()) {
    this.ledger = ledger;
    this.job = job;
    this.ep = ep;
  }

  /** A job that is planned, and what its plan made due. */
  static async plan(ledger: Ledger, plan: Partial<PlanOptions> = {}) {
    const driver = new LedgerDriver(ledger);
    await ledger.accept(driver.job, "2026-01-01T00:00:00.000Z");
    const answer = await ledger.plan(driver.job, driver.ep, { ...PLAN, ...plan });
    assert.equal(answer.a, "ok");
    return { driver, due: names(answer) };
  }

  async segBegin(segment: number, lease: string): Promise<void> {
    const answer = await this.ledger.segBegin(this.job, this.ep, segment, lease, `by ${lease}`);
    assert.equal(answer.a, "ok");
  }

  acquire(segment: number, lease: string, batch: number, tok = "tok") {
    return this.ledger.acquire(this.job, this.ep, segment, lease, batch, tok, 100);
  }

  publish(segment: number, lease: string, batch: number, frames = 4, tok = "tok") {
    return this.ledger.publish(this.job, this.ep, segment, lease, batch, tok, frames, 7);
  }

  /** Acquire and publish: the batch is ready. */
  async put(segment: number, lease: string, batch: number, frames = 4): Promise<string[]> {
    assert.equal((await this.acquire(segment, lease, batch)).a, "ok");
    const answer = await this.publish(segment, lease, batch, frames);
    assert.equal(answer.a, "ok");
    return names(answer);
  }

  segEnd(segment: number, lease: string, batches: number, missing = 0) {
    return this.ledger.segEnd(this.job, this.ep, segment, lease, {
      batches,
      ...(missing === 0 ? {} : { missing: { frames: missing, reason: "decode-error" } }),
    });
  }

  async end(segment: number, lease: string, batches: number): Promise<string[]> {
    const answer = await this.segEnd(segment, lease, batches);
    assert.equal(answer.a, "ok");
    return names(answer);
  }

  /** The range that the holder of `lease` is to work on: `[from, to]`. */
  async begin(k: BatchKey, lease: string): Promise<[number, number]> {
    const answer = await this.ledger.begin(this.job, this.ep, k, lease, "infer");
    assert.equal(answer.a, "run");
    return [answer.f, answer.t];
  }

  commit(k: BatchKey, lease: string, [from, to]: readonly [number, number]) {
    return this.ledger.commit(this.job, this.ep, k, lease, from, to, `${k}:${from}-${to}`);
  }

  /** Every open range of a ready batch gets its result; the credit goes back. What became due at the end. */
  async infer(k: BatchKey): Promise<string[]> {
    for (;;) {
      const lease = newToken();
      const answer = await this.commit(k, lease, await this.begin(k, lease));
      if (answer.a === "more") continue;
      assert.equal(answer.a, "done");
      assert.equal((await this.ledger.returned(this.job, this.ep, k, answer.tok)).a, "ok");
      return names(answer);
    }
  }

  /** Decoded and inferred. */
  async finish(segment: number, lease: string, batch: number): Promise<string[]> {
    await this.put(segment, lease, batch);
    return this.infer(`${segment}.${batch}`);
  }

  async trackBegin(limit = 8): Promise<TrackRun> {
    const answer = await this.ledger.trackBegin(this.job, this.ep, limit);
    assert.equal(answer.a, "run");
    return answer;
  }

  trackCommit(run: TrackRun, batches = run.batches.length) {
    const ord =
      run.ord + run.batches.slice(0, batches).reduce((sum, { frames }) => sum + frames, 0);
    return this.ledger.trackCommit(this.job, this.ep, run, batches, `ck${ord}`, ord, `part${ord}`);
  }

  /** One task of track: the run of done batches at the cursor. */
  async track(): Promise<string[]> {
    const answer = await this.trackCommit(await this.trackBegin());
    assert.equal(answer.a, "ok");
    return names(answer);
  }

  async due(): Promise<string[]> {
    return names(await this.ledger.due(this.job));
  }

  async field(name: string): Promise<string | undefined> {
    return (await this.ledger.read(this.job))?.[name];
  }
}
