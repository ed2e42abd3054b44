import { join } from "node:path";
import {
  createFileFrameStore,
  createMemoryFrameStore,
  createRedisFrameStore,
  type FrameStore,
} from "@framequeue/frames";
import { ProblemError } from "@framequeue/contracts";
import { openTempFolder, sweepTempFolders } from "@framequeue/lifetime";
import {
  ConfigError,
  type Environment,
  readFrameRedisUrls,
  redactUrl,
  startRedisProcess,
} from "@framequeue/service";
import { memoryFolder } from "./memory-folder.ts";
import { whyNoAnswer } from "./redis-answers.ts";

export const FRAME_STORES = ["memory", "file", "redis"] as const;
export type FrameStoreKind = (typeof FRAME_STORES)[number];

export interface PrivateFramesOptions {
  readonly kind: FrameStoreKind;
  /** A folder of the command's own, which the caller removes. */
  readonly folder: string;
  /** Servers for `redis`; without any it starts its own. */
  readonly redisUrls?: readonly string[];
}

/** Two, so that a private store places segments as one over several hosts does. */
const OWN_SERVERS = 2;
/** Longer than any command may pause between a batch's decoding and its use. */
const TTL_SECONDS = 24 * 3600;

/** A frame store for one command, that leaves nothing. The servers stay with `resources`, as does the store itself. */
export async function openPrivateFrames(
  { kind, folder, redisUrls = [] }: PrivateFramesOptions,
  resources: AsyncDisposableStack,
): Promise<FrameStore> {
  switch (kind) {
    case "memory":
      return resources.use(createMemoryFrameStore());
    case "file": {
      const base = (await memoryFolder()) ?? folder;
      await sweepTempFolders(base);
      const { path } = resources.use(await openTempFolder("frames", base));
      return resources.use(createFileFrameStore(join(path, "frames")));
    }
    case "redis": {
      const urls = [...redisUrls];
      await Promise.all(redisUrls.map(mustAnswer));
      for (let i = 0; redisUrls.length === 0 && i < OWN_SERVERS; i++) {
        const server = { folder: join(folder, `pixels-${i}`), persistent: false };
        urls.push(resources.use(await startRedisProcess(server)).url);
      }
      return resources.use(createRedisFrameStore({ urls, site: "local", ttlSeconds: TTL_SECONDS }));
    }
  }
}

/** Throws `invalid-request` where nobody answers, instead of work that waits for ever. */
async function mustAnswer(url: string): Promise<void> {
  const why = await whyNoAnswer(url);
  if (why === undefined) return;
  throw new ProblemError(
    "invalid-request",
    `The Redis server ${redactUrl(url)} cannot be used: ${why}. Start it, or unset FQ_FRAME_REDIS_URLS for servers of this command's own.`,
    { at: "FQ_FRAME_REDIS_URLS" },
  );
}

/** The servers that the environment names. Throws `invalid-request` where one of them is none. */
export function frameServers(env: Environment): readonly string[] {
  try {
    return readFrameRedisUrls(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ProblemError("invalid-request", error.message, { at: "FQ_FRAME_REDIS_URLS" });
  }
}
