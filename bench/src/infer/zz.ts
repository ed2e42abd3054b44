import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { createMemoryFrameStore } from "@framequeue/frames";
import { loadModelPackage } from "@framequeue/models";
import { openPipeline, storeModel } from "@framequeue/pipeline";
import { startRedisProcess } from "@framequeue/service";
import { createDetectorCache } from "@framequeue/service-infer";
import { createFolderStore } from "@framequeue/storage";
import { runStage } from "./stage.ts";
const threads = () => { const m = new Map<string, number>(); for (const t of readdirSync("/proc/self/task")) { const s = readFileSync(`/proc/self/task/${t}/stat`, "utf8"); const f = s.split(") ")[1]!.split(" "); m.set(`${t} ${/\((.*)\)/.exec(s)![1]}`, (Number(f[11]) + Number(f[12])) * 10); } return m; };
const folder = await mkdtemp("/tmp/engine-x/zz-");
const redis = await startRedisProcess({ folder: join(folder, "redis"), persistent: false });
const pipeline = openPipeline({ redisUrl: redis.url, site: "b", objects: createFolderStore(join(folder, "o")), frames: createMemoryFrameStore(), frameBudgetBytes: 4 * 2 ** 30 });
const model = await loadModelPackage("models/starter-detector");
await storeModel(pipeline.objects, model);
const detectors = createDetectorCache(pipeline.objects, { workers: 2, threadsPerWorker: 1, capacity: 2 });
await using held = await detectors.borrow(model.ref, 8);
for (const [jobs, batchFrames] of [[1, 16], [8, 1], [1, 16], [8, 1]] as const) {
  const before = threads();
  const p = await runStage(pipeline, model, 8, detectors, { jobs, batchFrames, frames: 160 });
  const after = threads();
  console.log(jobs, batchFrames, p, [...after].map(([k, v]) => [k, (v - (before.get(k) ?? 0)) / 160] as const).filter(([, v]) => v > 0.05).map(([k, v]) => `${k}: ${v.toFixed(2)}`).join(" | "));
}
await held[Symbol.asyncDispose]();
await detectors[Symbol.asyncDispose](); await pipeline[Symbol.asyncDispose](); await redis[Symbol.asyncDispose]();
