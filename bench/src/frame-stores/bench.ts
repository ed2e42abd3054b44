import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FRAME_STORES, openPrivateFrames } from "@framequeue/cli";
import { type BatchHeader, frameBytes, newJobId } from "@framequeue/contracts";
import { payloadChecksum, payloadKey } from "@framequeue/frames";
import type { Bench } from "../bench.ts";

/** A batch of the fast path, and one of frames as the source has them. */
const SHAPES = [
  { width: 416, height: 234, frames: 16 },
  { width: 1280, height: 720, frames: 8 },
] as const;
const BYTES = 2e9;

/** Megabytes per second that one process puts into a frame store and gets out of it again. */
export const frameStores: Bench = {
  name: "frame-stores",
  about: "megabytes per second into each frame store and out of it",
  needs: [],
  async run({ report }) {
    for (const kind of FRAME_STORES) {
      await using resources = new AsyncDisposableStack();
      const folder = await mkdtemp(join(tmpdir(), "fq-stores-"));
      resources.defer(() => rm(folder, { recursive: true, force: true }));
      const store = await openPrivateFrames({ kind, folder }, resources);
      const job = newJobId();
      for (const shape of SHAPES) {
        const bytes = shape.frames * frameBytes("gbrp", shape.width, shape.height);
        const rounds = Math.ceil(BYTES / bytes);
        let [putting, getting] = [0, 0];
        for (let batch = 0; batch < rounds; batch++) {
          const key = payloadKey({ job, epoch: "e", segment: 0, batch, variant: "a" });
          const pixels = store.allocate(bytes);
          const pts = Array.from({ length: shape.frames }, (_, i) => i);
          const header: BatchHeader = {
            ...{ v: 1, job, epoch: "e", segment: 0, batch, layout: "gbrp", ...shape, pts },
            crc32: payloadChecksum(pixels),
          };
          const start = performance.now();
          if ((await store.put(key, { header, pixels })) === "copied") store.discard(pixels);
          const between = performance.now();
          const back = await store.get(key);
          const end = performance.now();
          if (back === undefined) throw new Error(`${kind} lost ${key}.`);
          store.discardRead(back);
          await store.delete(key);
          putting += between - start;
          getting += end - between;
        }
        const name = `frame-stores/${kind} ${shape.width}x${shape.height}`;
        const speed = (ms: number): number => (rounds * bytes) / 1e6 / (ms / 1000);
        report({ name: `${name} put`, value: speed(putting), unit: "MB/s" });
        report({ name: `${name} get`, value: speed(getting), unit: "MB/s" });
      }
    }
    return true;
  },
};
