import { declarationOf, STEP_NAMES } from "@framequeue/contracts";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { luaScript, type RedisClient } from "./redis.ts";

const LEDGER_SCRIPTS = [
  "accept",
  "validate",
  "plan",
  "seg-begin",
  "acquire",
  "adopt",
  "publish",
  "seg-end",
  "seg-hand-back",
  "seg-yield",
  "seg-fail",
  "fallback",
  "replan",
  "begin",
  "hand-back",
  "enh-commit",
  "commit",
  "returned",
  "unhold",
  "lost",
  "track-begin",
  "track-commit",
  "roll-up",
  "read-parts",
  "post-begin",
  "post-commit",
  "pause",
  "resume",
  "retry",
  "keep",
  "cancelling",
  "end",
  "due",
  "inspect",
  "widen",
] as const;
const SITE_SCRIPTS = [
  "grant",
  "release",
  "release-job",
  "grants",
  "clock-advance",
  "clock-rebase",
] as const;
const QUEUE_SCRIPTS = ["lapsed"] as const;

export type LedgerScript = (typeof LEDGER_SCRIPTS)[number];
export type SiteScript = (typeof SITE_SCRIPTS)[number];
export type QueueScript = (typeof QUEUE_SCRIPTS)[number];
type Script = ReturnType<typeof luaScript>;

function text(name: string): string {
  return readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), "utf8");
}

function turns(): string {
  const named = STEP_NAMES.filter((name) => declarationOf(name).turns);
  return `local TAKES_TURNS = { ${named.map((name) => `${name} = true`).join(", ")} }`;
}

/** Every script, bound to a connection. Ledger scripts have `common.lua` in front. */
export function loadScripts(
  redis: RedisClient,
): Record<LedgerScript | SiteScript | QueueScript, Script> {
  const common = `${turns()}\n${text("common")}`;
  const bind = (lua: string): Script =>
    luaScript(redis, lua, createHash("sha1").update(lua).digest("hex"));
  return Object.fromEntries([
    ...LEDGER_SCRIPTS.map((name) => [name, bind(`${common}\n${text(name)}`)]),
    ...[...SITE_SCRIPTS, ...QUEUE_SCRIPTS].map((name) => [name, bind(text(name))]),
  ]) as Record<LedgerScript | SiteScript | QueueScript, Script>;
}
