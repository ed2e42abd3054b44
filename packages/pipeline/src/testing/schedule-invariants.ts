import assert from "node:assert/strict";
import { parseBatchKey, partSchema } from "@framequeue/contracts";
import { grantKeys, ledgerKeys } from "../ledger/keys.ts";
import { wordOf } from "./schedule-work.ts";
import type { World } from "./schedule-world.ts";

/** Looks at the whole state between two steps, and says what may never be. */
export class Invariants {
  readonly #world: World;
  readonly #expected: readonly string[];
  /** Frames that were tracked at the last look, and the epoch they belong to. */
  #tracked = 0;
  #epoch = "";

  constructor(world: World) {
    this.#world = world;
    this.#expected = world.expectedRows();
  }

  /** Redis has gone back: fewer frames are tracked than at the last look. */
  async wentBack(): Promise<void> {
    const { ord, epoch } = await this.#look();
    this.#tracked = ord;
    this.#epoch = epoch;
  }

  async check(): Promise<void> {
    const { scenario } = this.#world;
    const { st, epoch, W, S, cs, opened, ord, batches, credits, granted, sum, part } =
      await this.#look();
    // Two Redis processes may not forget at once what one of them does; the next pass of the reconciler counts again.
    assert.equal(
      sum,
      granted.length * this.#world.batchBytes,
      "the total is the sum of the grants",
    );
    assert.ok(sum <= scenario.budget * this.#world.batchBytes, "grants <= budget");
    if (st !== "running" && st !== "tracked") return;

    assert.ok(credits.length <= W, `${credits.length} credits of ${W}`);
    assert.ok(opened <= cs + S, `${opened} opened at ${cs} with ${S}`);
    for (const k of batches) {
      const { segment } = parseBatchKey(k);
      assert.ok(segment >= cs && segment < cs + S, `batch ${k} at cursor ${cs}`);
    }
    this.#checkRows(epoch, ord, part);
    if (!this.#mayLag()) await this.#checkNesting(epoch, granted, credits);
  }

  /** Whoever works on after another took over, or after the plan went, may put pixels or take bytes late. */
  #mayLag(): boolean {
    const { scenario } = this.#world;
    const { zombies, forgetful, pauses, outages, stops, retries, damages } = scenario;
    const takesOver = zombies || forgetful || pauses || outages > 0 || stops;
    const endsEarly = scenario.cancel || scenario.replans || retries || damages;
    const startsOver = scenario.liar !== undefined || scenario.broken !== undefined;
    return takesOver || scenario.losses || startsOver || scenario.travel || endsEarly;
  }

  async #look() {
    const { job, site, redis } = this.#world;
    const [record, , bat, live, parts] = ledgerKeys(job) as [
      string,
      string,
      string,
      string,
      string,
    ];
    const [grants, total] = grantKeys(site) as [string, string];
    const [fields, batches, credits, granted, sum, last] = (await redis.ask([
      ["HMGET", record, "st", "ep", "W", "S", "cs", "opened", "ord"],
      ["HKEYS", bat],
      ["HKEYS", live],
      ["HKEYS", grants],
      ["GET", total],
      ["LRANGE", parts, -1, -1],
    ])) as [string[], string[], string[], string[], string | null | false, string[]];
    const [st, epoch] = fields;
    const [W, S, cs, opened, ord] = fields.slice(2).map(Number);
    return {
      ...{ st: st!, epoch: epoch!, W: W!, S: S!, cs: cs!, opened: opened!, ord: ord! },
      batches: list(batches),
      credits: list(credits),
      granted: list(granted),
      sum: Number(sum || 0),
      part: list(last)[0],
    };
  }

  /** Tracked rows are a prefix of the result. */
  #checkRows(epoch: string, ord: number, part: string | undefined): void {
    if (epoch !== this.#epoch) this.#tracked = 0;
    this.#epoch = epoch;
    if (ord === this.#tracked) return;
    assert.ok(part !== undefined, "a commit leaves a part");
    const body = this.#world.objects.content.get(part);
    const read = body && partSchema.safeParse(JSON.parse(String(body)));
    // One that was damaged meanwhile tells nothing; who needs it finds that.
    if (read?.success === true) {
      assert.deepEqual(read.data.rows.map(wordOf), this.#expected.slice(this.#tracked, ord));
    }
    this.#tracked = ord;
  }

  /** Payload ⊆ grant ⊆ live. */
  async #checkNesting(
    epoch: string,
    granted: readonly string[],
    credits: readonly string[],
  ): Promise<void> {
    const grants = new Set(granted);
    for await (const key of this.#world.frames.list()) {
      assert.ok(grants.has(key.slice(0, key.lastIndexOf("/"))), `payload ${key} has no grant`);
    }
    const live = new Set(credits.map((k) => `${this.#world.job}/${epoch}/${k}`));
    for (const id of granted) assert.ok(live.has(id), `grant ${id} has no credit`);
  }
}

/** The simulation writes an empty list as an empty object, as Redis's own JSON does. */
function list(value: string[]): string[] {
  return Array.isArray(value) ? value : [];
}
