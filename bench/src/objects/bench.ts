import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFolderStore, contentName, getNamed, type ObjectStore } from "@framequeue/storage";
import type { Bench } from "../bench.ts";

/** A result of inference for a batch of 16 frames, a part of eight of them, a checkpoint of many tracks. */
const SIZES = [8_000, 64_000, 256_000];
const ROUNDS = 200;
/** What a batch leaves at the least: its result, and an eighth of a part and a checkpoint. */
const FRAMES_OF_A_BATCH = 16;
const OBJECTS_OF_A_BATCH = 1.25;
/** Accepted, source, result and four result files: what a job has synced at the least. */
const DURABLE_OF_A_JOB = 7;

type Way = (objects: ObjectStore, key: string, body: Buffer) => Promise<unknown>;
const WAYS: Readonly<Record<"put" | "durable put" | "get" | "verified get", Way>> = {
  put: (objects, key, body) => objects.put(key, body),
  "durable put": (objects, key, body) => objects.put(key, body, { durable: true }),
  get: (objects, key) => objects.get(key),
  "verified get": (objects, key) => getNamed(objects, key),
};

/** What it costs to sync objects before they count, and to hold them against their names when they are read. */
export const objects: Bench = {
  name: "objects",
  about: "milliseconds for objects of a folder: put, synced, read, verified",
  needs: [],
  async run({ report }) {
    const folder = await mkdtemp(join(tmpdir(), "fq-objects-"));
    try {
      const store = createFolderStore(folder);
      for (const size of SIZES) {
        const bodies = Array.from({ length: ROUNDS }, (_, i) => Buffer.alloc(size, String(i)));
        const keys = bodies.map((body) => `jobs/j/work/e/infer/${contentName(body)}`);
        const took = { put: 0, "durable put": 0, get: 0, "verified get": 0 };
        for (const name of Object.keys(WAYS) as (keyof typeof WAYS)[]) {
          const start = performance.now();
          for (const [i, key] of keys.entries()) await WAYS[name](store, key, bodies[i]!);
          took[name] = (performance.now() - start) / ROUNDS;
        }
        const name = (what: string): string => `objects/${size / 1_000} kB ${what}`;
        const against = (what: keyof typeof took, other: keyof typeof took) => ({
          ...{ name: name(what), value: took[what], unit: "ms" },
          ratio: { value: took[what] / took[other], against: other },
        });
        report({ name: name("put"), value: took.put, unit: "ms" });
        report(against("durable put", "put"));
        report({ name: name("get"), value: took.get, unit: "ms" });
        report(against("verified get", "get"));
        const sync = took["durable put"] - took.put;
        const verify = took["verified get"] - took.get;
        const perFrame = OBJECTS_OF_A_BATCH / FRAMES_OF_A_BATCH;
        report({ name: name("verified, for each frame"), value: verify * perFrame, unit: "ms" });
        report({ name: name("synced, for each job"), value: sync * DURABLE_OF_A_JOB, unit: "ms" });
        report({
          name: name("synced, for each frame, if intermediates were"),
          value: sync * perFrame,
          unit: "ms",
        });
      }
    } finally {
      await rm(folder, { recursive: true });
    }
    return true;
  },
};
