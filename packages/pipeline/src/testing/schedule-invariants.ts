import assert from "node:assert/strict";
import { parseBatchKey } from "@framequeue/contracts";
import { grantKeys, ledgerKeys } from "../keys.ts";
import type { RedisClient } from "../redis.ts";
import type { World } from "./schedule-world.ts";

/** Looks at the whole state between two steps, and says what may never be. */
export class Invariants {
  readonly #redis: RedisClient;
  readonly #site: string;
  readonly #world: World;
  readonly #expected: readonly string[];
  /** Frames that were tracked at the last look, and the epoch they belong to. */
  #tracked = 0;
  #epoch = "";

  constructor(redis: RedisClient, site: string, world: World) {
    this.#redis = redis;
    this.#site = site;
    this.#world = world;
    this.#expected = world.expectedRows();
  }

  async check(): Promise<void> {
    const { job, scenario } = this.#world;
    const [jobKey, , bat, live, parts] = ledgerKeys(job) as [
      string,
      string,
      string,
      string,
      string,
    ];
    const [grants, total] = grantKeys(this.#site) as [string, string];
    const answers = await this.#redis
      .pipeline()
      .hmget(jobKey, "st", "ep", "W", "S", "cs", "opened", "ord")
      .hkeys(bat)
      .hkeys(live)
      .hkeys(grants)
      .get(total)
      .lindex(parts, -1)
      .exec();
    const [fields, batches, credits, granted, sum, part] = answers!.map(([, value]) => value) as [
      string[],
      string[],
      string[],
      string[],
      string | null,
      string | null,
    ];
    const [st, epoch] = fields;
    const [W, S, cs, opened, ord] = fields.slice(2).map(Number) as [
      number,
      number,
      number,
      number,
      number,
    ];
    assert.equal(Number(sum), granted.length, "the total is the sum of the grants");
    assert.ok(Number(sum) <= scenario.budget, "grants <= budget");
    if (st === "succeeded") return;

    assert.ok(credits.length <= W, `${credits.length} credits of ${W}`);
    assert.ok(opened <= cs + S, `${opened} opened at ${cs} with ${S}`);
    for (const k of batches) {
      const { segment } = parseBatchKey(k);
      assert.ok(segment >= cs && segment < cs + S, `batch ${k} at cursor ${cs}`);
    }
    this.#checkRows(epoch!, ord, part);
    const { zombies, losses, liar } = scenario;
    if (!zombies && !losses && liar === undefined) this.#checkNesting(epoch!, granted, credits);
  }

  /** Tracked rows are a prefix of the result. */
  #checkRows(epoch: string, ord: number, part: string | null): void {
    if (epoch !== this.#epoch) this.#tracked = 0;
    this.#epoch = epoch;
    if (ord === this.#tracked) return;
    assert.ok(part !== null, "a commit leaves a part");
    assert.deepEqual(this.#world.get(part), this.#expected.slice(this.#tracked, ord));
    this.#tracked = ord;
  }

  /** Payload ⊆ grant ⊆ live. */
  #checkNesting(epoch: string, granted: readonly string[], credits: readonly string[]): void {
    const grants = new Set(granted);
    for (const key of this.#world.payloads.keys()) {
      assert.ok(grants.has(key.slice(0, key.lastIndexOf("/"))), `payload ${key} has no grant`);
    }
    const live = new Set(credits.map((k) => `${this.#world.job}/${epoch}/${k}`));
    for (const id of granted) assert.ok(live.has(id), `grant ${id} has no credit`);
  }
}
