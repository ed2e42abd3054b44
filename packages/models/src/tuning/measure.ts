import { createHash } from "node:crypto";
import { setPriority } from "node:os";
import { resourceUsage } from "node:process";
import { buffersOf, type ChunkResult } from "../session/chunk-result.ts";
import { frameSizeOf } from "../tensors/frame-size.ts";
import { ModelRunner } from "../session/model-runner.ts";
import { picturesOf } from "../tensors/planar-frames.ts";
import type { Picture } from "../session/session-protocol.ts";
import type { Measurement, MeasurementOrder } from "./measurement.ts";

/** A measurement lets others go first: it is done beside work that matters. */
const PRIORITY = 10;
/** Pictures whose results are compared to the last bit. */
const SAMPLES = 4;
/** While speed is measured results are as few as usual: a score that hardly anything in noise reaches. */
const USUAL_SCORE = 0.5;

/** Measures a model at one setting, in this process, whose peak memory is part of the answer. */
export async function measure(order: MeasurementOrder): Promise<Measurement> {
  const { model, setting, devices, seconds } = order;
  setPriority(PRIORITY);
  const runs: number[] = [];
  await using runner = await ModelRunner.open(model, {
    devices,
    workers: setting.sessions,
    threadsPerWorker: setting.threads,
    tensorBatch: setting.batch,
    onRun: (run) => runs.push(run.seconds),
  });
  const pictures = noise(model, Math.max(SAMPLES, runner.slots));
  // of these every result counts, whatever its score
  const samples = pictures.slice(0, SAMPLES).map((picture) => ({ ...picture, minScore: 0 }));
  const alone: string[] = [];
  for (const sample of samples) alone.push(fingerprint(await runner.run([sample])));
  const inCompany = [...samples, ...pictures.slice(SAMPLES)].map((picture) =>
    runner.run([picture]),
  );
  const together = (await Promise.all(inCompany)).slice(0, SAMPLES).map(fingerprint);

  runs.length = 0;
  const started = performance.now();
  const deadline = started + 1000 * seconds;
  let frames = 0;
  // Two callers per session: one whose pictures run and one whose pictures wait.
  const callers = 2 * Math.max(setting.sessions, devices.length);
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < deadline) {
        await runner.run(pictures);
        frames += pictures.length;
      }
    }),
  );
  return {
    setting: { ...setting, batch: runner.slots },
    framesPerSecond: (frames * 1000) / (performance.now() - started),
    latencyMs: 1000 * percentile(runs, 0.95),
    peakBytes: resourceUsage().maxRSS * 1024,
    fingerprint: alone.join(),
    independent: alone.every((print, i) => print === together[i]),
  };
}

/** Noise, each picture another, the same in every process. */
function noise({ manifest }: MeasurementOrder["model"], count: number): Picture[] {
  const { width, height } = manifest.input;
  const source = { width, height };
  const size = frameSizeOf(source, manifest.input);
  const data = new SharedArrayBuffer(3 * size.width * size.height * count);
  const bytes = new Uint8Array(data);
  let state = 12_345;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    bytes[i] = state >> 16;
  }
  const frames = { data, byteOffset: 0, ...size, layout: "gbrp", frames: count } as const;
  return picturesOf(frames, { from: 0, to: count }, source, USUAL_SCORE);
}

function fingerprint(results: readonly ChunkResult[]): string {
  const hash = createHash("sha256");
  for (const buffer of results.flatMap(buffersOf)) hash.update(new Uint8Array(buffer));
  return hash.digest("hex").slice(0, 16);
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
