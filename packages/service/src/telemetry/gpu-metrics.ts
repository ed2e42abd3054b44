import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Registry } from "prom-client";
import { readGauge, type Sample } from "./read-metrics.ts";

/** One GPU as its driver tells of it. */
export interface GpuReading {
  readonly gpu: string;
  readonly model: string;
  /** 0 to 1: the part of the last second in which it computed. */
  readonly utilization: number;
  readonly usedBytes: number;
  readonly totalBytes: number;
  readonly celsius: number;
  readonly watts: number;
}

const QUERY = "index,name,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw";
const TIMEOUT_MS = 5_000;
/** The driver takes a good part of a second to answer. */
const KEPT_MS = 10_000;

const run = promisify(execFile);

/** Asks `nvidia-smi`; undefined where there is none, or no driver that answers it. */
export async function readGpus(program = "nvidia-smi"): Promise<GpuReading[] | undefined> {
  try {
    const { stdout } = await run(
      program,
      [`--query-gpu=${QUERY}`, "--format=csv,noheader,nounits"],
      { timeout: TIMEOUT_MS },
    );
    return parseGpus(stdout);
  } catch {
    return undefined;
  }
}

export function parseGpus(csv: string): GpuReading[] {
  return csv
    .split("\n")
    .map((line) => line.split(", "))
    .filter((fields) => fields.length === QUERY.split(",").length)
    .map(([gpu, model, utilization, used, total, celsius, watts]) => ({
      gpu: gpu!.trim(),
      model: model!,
      utilization: Number(utilization) / 100,
      usedBytes: Number(used) * 2 ** 20,
      totalBytes: Number(total) * 2 ** 20,
      celsius: Number(celsius),
      watts: Number(watts),
    }));
}

/** Gauges of the GPUs that this process can see. Without any, `fq_gpus` says 0 and the others are absent. */
export function observeGpus(registry: Registry, read = readGpus): void {
  let reading: Promise<GpuReading[]> | undefined;
  let at = -Infinity;
  let none = false;
  function gpus(): Promise<GpuReading[]> {
    const now = performance.now();
    if (reading !== undefined && (none || now - at < KEPT_MS)) return reading;
    at = now;
    reading = read().then((found) => {
      // A driver does not come while a process runs.
      none = found === undefined;
      return found ?? [];
    });
    return reading;
  }
  const each = (value: (gpu: GpuReading) => number) => async (): Promise<Sample<"gpu">[]> =>
    (await gpus())
      // A field that the card does not support comes as a word in brackets.
      .filter((gpu) => Number.isFinite(value(gpu)))
      .map((gpu) => ({ labels: { gpu: gpu.gpu }, value: value(gpu) }));
  const gauge = (name: string, help: string, value: (gpu: GpuReading) => number): void =>
    readGauge(registry, { name, help, labels: ["gpu"] }, each(value));

  readGauge(
    registry,
    { name: "fq_gpus", help: "GPUs that this process can see.", labels: [] },
    async () => [{ value: (await gpus()).length }],
  );
  readGauge(
    registry,
    { name: "fq_gpu_info", help: "What each GPU is.", labels: ["gpu", "model"] },
    async () =>
      (await gpus()).map(({ gpu, model }) => ({
        labels: { gpu, model: model.slice(0, 60) },
        value: 1,
      })),
  );
  gauge(
    "fq_gpu_utilization_ratio",
    "Part of the last second in which the GPU computed.",
    (gpu) => gpu.utilization,
  );
  gauge("fq_gpu_memory_used_bytes", "Memory of the GPU in use.", (gpu) => gpu.usedBytes);
  gauge("fq_gpu_memory_bytes", "Memory of the GPU.", (gpu) => gpu.totalBytes);
  gauge("fq_gpu_temperature_celsius", "Temperature of the GPU.", (gpu) => gpu.celsius);
  gauge("fq_gpu_power_watts", "Power that the GPU draws.", (gpu) => gpu.watts);
}
