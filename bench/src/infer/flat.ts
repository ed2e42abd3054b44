import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { testDetector } from "@framequeue/graphs";
import { createDetector, loadModelPackage, type ModelPackage } from "@framequeue/models";
import type { BenchInput } from "../bench.ts";

const FRAMES = 20_000;
const CYCLES = 200;
const SIZE = { width: 160, height: 96 };
const CHECKPOINTS = 10;
/** How far the last checkpoint may lie above the first one after warming up. */
const FLAT = 1.05;

const threads = { workers: 2, threadsPerWorker: 1 } as const;

/** Heap and resident memory over many frames, and over opening and closing two models again and again. */
export async function memoryIsFlat({ print }: Pick<BenchInput, "print">): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "fq-flat-"));
  try {
    const models = await Promise.all(
      [SIZE, { width: 128, height: 128 }].map(async (size, i) => {
        const file = join(folder, `blobs-${i}.onnx`);
        await writeFile(file, testDetector(size));
        return loadModelPackage(file);
      }),
    );
    const frames = await overFrames(models[0]!);
    const cycles = await overCycles(models);
    const ok = [
      show(`${FRAMES} frames`, frames, print),
      show(`${CYCLES} times two models opened and closed`, cycles, print),
    ];
    return ok.every(Boolean);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Sample {
  readonly heap: number;
  readonly rss: number;
}

async function overFrames(model: ModelPackage): Promise<Sample[]> {
  await using detector = await createDetector(model, { ...threads, tensorBatch: 8 });
  const each = 16;
  const data = new SharedArrayBuffer(3 * SIZE.width * SIZE.height * each);
  const frames = { data, byteOffset: 0, ...SIZE, layout: "gbrp", frames: each } as const;
  const samples: Sample[] = [];
  for (let done = 0; done < FRAMES; done += each) {
    await detector.detect(frames, { from: 0, to: each }, SIZE);
    if (done % (FRAMES / CHECKPOINTS) < each) samples.push(sample());
  }
  return samples;
}

async function overCycles(models: readonly ModelPackage[]): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    for (const model of models) {
      await using detector = await createDetector(model, { ...threads, workers: 1 });
      const { width, height } = model.manifest.input;
      const data = new SharedArrayBuffer(3 * width * height);
      const frames = { data, byteOffset: 0, width, height, layout: "gbrp", frames: 1 } as const;
      await detector.detect(frames, { from: 0, to: 1 }, { width, height });
    }
    if (cycle % (CYCLES / CHECKPOINTS) === 0) samples.push(sample());
  }
  return samples;
}

/** After a full collection, so that garbage does not count. */
function sample(): Sample {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed, rss };
}

function show(what: string, samples: readonly Sample[], print: BenchInput["print"]): boolean {
  // what the first tenth loads stays
  const warm = samples.slice(1);
  const mb = (key: keyof Sample): string =>
    warm.map((sample) => (sample[key] / 1e6).toFixed(1)).join(" ");
  const growth = (key: keyof Sample): number => warm.at(-1)![key] / warm[0]![key];
  const flat = growth("heap") <= FLAT && growth("rss") <= FLAT;
  print(
    { bench: "infer", memory: what, samples: warm, heap: growth("heap"), rss: growth("rss"), flat },
    `infer/memory, ${what}\n  heap, MB: ${mb("heap")}\n  rss, MB:  ${mb("rss")}${flat ? "" : "  grows"}`,
  );
  return flat;
}
