import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { LuaFactory } from "wasmoon";
import type { RedisClient } from "../ledger/redis.ts";

/** Between the keys and arguments of one call, and between calls; they stand in none of them. */
const SEPARATOR = "\u001f";
const END = "\u001e";

export type Command = readonly (string | number)[];

/** What a schedule needs of Redis, simulated or real. */
export interface ScheduleRedis {
  /** To be used where a connection is asked for. */
  readonly client: RedisClient;
  ask(commands: readonly Command[]): Promise<unknown[]>;
}

/**
 * Redis for simulations: the ledger's own Lua scripts and the commands beside them, in this process, without a server.
 * It knows what the pipeline uses, and refuses the rest.
 */
export interface SimulatedRedis extends ScheduleRedis, Disposable {
  /** The whole state; `restore` goes back to it, as a server does that lost its last second. */
  dump(): string;
  restore(state: string): void;
  clear(): void;
}

/** `change` may put a fault into a script, to see that it is found. */
export async function createSimulatedRedis(
  change: (script: string) => string = (script) => script,
): Promise<SimulatedRedis> {
  const lua = await new LuaFactory().createEngine();
  lua.doStringSync(readFileSync(new URL("./redis.lua", import.meta.url), "utf8"));
  const define = lua.global.get("define") as (sha: string, script: string) => void;
  const run = lua.global.get("run") as (sha: string, keys: number, request: string) => string;
  const execute = lua.global.get("ask") as (request: string) => string;
  const known = new Set<string>();

  const call = (sha: string, keys: number, args: Command): unknown =>
    JSON.parse(run(sha, keys, args.join(SEPARATOR)));
  const ask = (commands: readonly Command[]): unknown[] =>
    JSON.parse(execute(commands.map((command) => command.join(SEPARATOR)).join(END))) as unknown[];

  const client = {
    async evalsha(sha: string, keys: number, ...args: (string | number)[]): Promise<unknown> {
      if (!known.has(sha)) throw new Error(`NOSCRIPT ${sha}`);
      return call(sha, keys, args);
    },
    async eval(script: string, keys: number, ...args: (string | number)[]): Promise<unknown> {
      const sha = createHash("sha1").update(script).digest("hex");
      define(sha, change(script));
      known.add(sha);
      return call(sha, keys, args);
    },
    async hgetall(key: string): Promise<Record<string, string>> {
      const [flat] = ask([["HGETALL", key]]);
      const fields: Record<string, string> = {};
      if (Array.isArray(flat)) {
        for (let i = 0; i < flat.length; i += 2) fields[flat[i] as string] = flat[i + 1] as string;
      }
      return fields;
    },
  };
  /** Any other command, answered as ioredis does. */
  const commands = new Proxy(client, {
    get(known, name: string) {
      if (name in known || name === "then") return Reflect.get(known, name) as unknown;
      return async (...args: (string | number)[]) => {
        const [answer] = ask([[name.toUpperCase(), ...args]]);
        if (answer === false) return null;
        if (Array.isArray(answer)) {
          return answer.map((each: unknown) => (each === false ? null : each));
        }
        if (typeof answer === "object" && answer !== null && "ok" in answer) return answer.ok;
        // An empty list is written as an empty object.
        return typeof answer === "object" ? [] : answer;
      };
    },
  });
  return {
    client: commands as unknown as RedisClient,
    ask: async (commands) => ask(commands),
    dump: lua.global.get("dump") as () => string,
    restore: lua.global.get("restore") as (state: string) => void,
    clear: lua.global.get("clear") as () => void,
    [Symbol.dispose]: () => lua.global.close(),
  };
}

/** A real server behind the same interface. */
export function scheduleRedis(client: RedisClient): ScheduleRedis {
  return {
    client,
    async ask(commands) {
      const pipeline = client.pipeline(
        commands.map(([name, ...args]) => [String(name).toLowerCase(), ...args.map(String)]),
      );
      const answers = await pipeline.exec();
      return answers!.map(([error, value]) => {
        if (error !== null) throw error;
        return value;
      });
    },
  };
}
