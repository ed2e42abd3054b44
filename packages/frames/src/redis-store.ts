import { batchHeaderSchema, jobIdSchema } from "@framequeue/contracts";
import { createBufferPool } from "./buffer-pool.ts";
import { payloadMatches } from "./checksum.ts";
import { type FrameBatch, type FrameStore, PAYLOAD_VARIANTS } from "./frame-store.ts";
import { PixelServer, serverName } from "./pixel-server.ts";
import { chooseByWeight } from "./rendezvous.ts";
import { SetCommand } from "./set-command.ts";

export interface RedisFrameStoreOptions {
  /** `redis://`, `rediss://` or `unix://`; at least one. Every service of a site has the same list. */
  readonly urls: readonly string[];
  /** Keeps apart what several sites have in one server. */
  readonly site: string;
  /** How long a payload may stay. Nothing refreshes it: one that is gone is decoded again. */
  readonly ttlSeconds: number;
  /** How long a server may take to answer before it counts as gone. */
  readonly timeoutMs?: number;
  readonly onError?: ((error: Error) => void) | undefined;
}

/** 20 MB take two seconds over a network of 100 Mbit/s. */
const TIMEOUT_MS = 10_000;

/**
 * Pixels in the memory of Redis servers, for services on several hosts. Servers of their own, apart from the queues':
 * pixels may be evicted, need no disk, and would stand in the way of small answers.
 *
 * All payloads of one segment are in one server, and the segments of a job in all of them. Per job a server has
 * `fqf:SITE:J/ep/s.b/a`, the pixels, and the hash `fqf:SITE:J` from `ep/s.b/a` to the header, which lists them; a
 * transaction writes both. The hash goes with its last field, and lives a little longer than the newest payload.
 */
export function createRedisFrameStore(options: RedisFrameStoreOptions): FrameStore {
  const { urls, site, ttlSeconds, timeoutMs = TIMEOUT_MS, onError } = options;
  const urlByName = new Map(urls.map((url) => [serverName(url), url]));
  const servers = new Map(
    [...urlByName].map(([name, url]) => [name, new PixelServer({ url, timeoutMs, onError })]),
  );
  const names = [...servers.keys()];
  const pool = createBufferPool();
  const redisKey = (key: string): string => `fqf:${site}:${key}`;

  function serverOf({ job, field }: Place): PixelServer {
    const [, batch] = field.split("/");
    const [segment] = batch!.split(".");
    return servers.get(chooseByWeight(names, `${job}/${segment}`))!;
  }

  async function deleteFields(server: PixelServer, job: string, fields: string[]): Promise<void> {
    if (fields.length === 0) return;
    await server.run(async (redis) => {
      await Promise.all([
        redis.unlink(fields.map((field) => redisKey(`${job}/${field}`))),
        redis.hdel(redisKey(job), ...fields),
      ]);
    });
  }

  async function fieldsBelow(server: PixelServer, { job, field }: Place): Promise<string[]> {
    const fields = await server.run((redis) => redis.hkeys(redisKey(job)));
    return field === "" ? fields : fields.filter((name) => name.startsWith(`${field}/`));
  }

  async function* jobsOf(server: PixelServer): AsyncGenerator<string> {
    const start = redisKey("");
    const seen = new Set<string>(); // SCAN may name a key twice
    let cursor = "0";
    do {
      const [next, keys] = await server.run((redis) =>
        redis.scan(cursor, "MATCH", `${start}*`, "COUNT", 1_000, "TYPE", "hash"),
      );
      cursor = next;
      for (const key of keys) {
        const job = key.slice(start.length);
        if (seen.has(job) || !jobIdSchema.safeParse(job).success) continue;
        seen.add(job);
        yield job;
      }
    } while (cursor !== "0");
  }

  return {
    kind: "redis",
    allocate: (bytes) => pool.take(bytes),
    discard: (pixels) => pool.give(pixels),
    discardRead: ({ pixels }) => pool.give(pixels),

    async put(key, { header, pixels }) {
      const place = placeOf(key);
      const list = redisKey(place.job);
      await serverOf(place).run(async (redis) => {
        // Not as a pipeline, which would join them in one buffer and so copy the pixels. They go out in one turn, so
        // that nothing comes in between.
        await Promise.all([
          redis.multi({ pipeline: false }),
          redis.sendCommand(new SetCommand(redisKey(key), Buffer.from(pixels), ttlSeconds)),
          redis.hset(list, place.field, JSON.stringify(header)),
          redis.expire(list, ttlSeconds + 60),
          redis.exec(),
        ]);
      });
      return "copied";
    },

    async get(key) {
      const place = placeOf(key);
      const [head, bytes] = await serverOf(place).run((redis) =>
        Promise.all([redis.hget(redisKey(place.job), place.field), redis.getBuffer(redisKey(key))]),
      );
      if (head === null || bytes === null) return undefined;
      const header = parseHeader(head);
      if (header === undefined) return undefined;
      const pixels = pool.take(bytes.length);
      new Uint8Array(pixels).set(bytes);
      const batch: FrameBatch = { header, pixels };
      if (payloadMatches(batch)) return batch;
      pool.give(pixels);
      return undefined;
    },

    async delete(key) {
      const place = placeOf(key);
      await deleteFields(serverOf(place), place.job, [place.field]);
    },

    async deletePrefix(prefix) {
      const place = placeOf(prefix);
      const { job, field } = place;
      if (field.includes("/")) {
        // A batch is where its segment is, and every batch ends here: no time to ask what there is of it.
        const variants = PAYLOAD_VARIANTS.map((variant) => `${field}/${variant}`);
        await deleteFields(serverOf(place), job, variants);
        return;
      }
      // Jobs and epochs are everywhere; after a change of the list also where nobody looks for them any more.
      await Promise.all(
        [...servers.values()].map(async (server) =>
          deleteFields(server, job, await fieldsBelow(server, place)),
        ),
      );
    },

    async *list(prefix) {
      for (const server of servers.values()) {
        const places =
          prefix === undefined
            ? (await Array.fromAsync(jobsOf(server))).map((job) => ({ job, field: "" }))
            : [placeOf(prefix)];
        for (const place of places) {
          for (const field of await fieldsBelow(server, place)) {
            const key = `${place.job}/${field}`;
            // The list outlives payloads whose time is up.
            if ((await server.run((redis) => redis.exists(redisKey(key)))) === 1) yield key;
          }
        }
      }
    },

    usage: () =>
      Promise.all(
        [...servers].map(async ([server, connection]) => {
          const info = await connection.run((redis) => redis.info("memory"));
          const bytes = (name: string): number =>
            Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1] ?? 0);
          return { server, usedBytes: bytes("used_memory"), limitBytes: bytes("maxmemory") };
        }),
      ),

    async [Symbol.asyncDispose]() {
      for (const server of servers.values()) await server[Symbol.asyncDispose]();
    },
  };
}

/** A key or the beginning of one: the job, and what stands behind its slash. */
interface Place {
  readonly job: string;
  /** `ep/s.b/a`, `ep/s.b`, `ep`, or empty. */
  readonly field: string;
}

function placeOf(key: string): Place {
  const slash = key.indexOf("/");
  return slash === -1
    ? { job: key, field: "" }
    : { job: key.slice(0, slash), field: key.slice(slash + 1) };
}

function parseHeader(head: string): FrameBatch["header"] | undefined {
  try {
    return batchHeaderSchema.parse(JSON.parse(head));
  } catch {
    return undefined;
  }
}
