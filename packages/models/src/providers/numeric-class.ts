import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { arch } from "node:process";
import { promisify } from "node:util";
import type { ExecutionDevice } from "./provider.ts";

/**
 * Names what results depend on to the last bit: provider, kind of processor, version of onnxruntime. Equal names do
 * not promise equal bits on every model; different ones say that nothing is promised. `[a-z0-9.-]` only, since it is
 * part of keys.
 */
export async function numericClass(on: ExecutionDevice): Promise<string> {
  const device = on.provider === "cpu" ? await instructionSet() : await gpuName(on);
  const version = await runtimeVersion();
  return `${on.provider}-${device}-ort${version}`.toLowerCase().replace(/[^a-z0-9.-]+/g, "-");
}

/** Best first: the widest instructions that onnxruntime has kernels of its own for. */
const LEVELS = ["amx_int8", "avx512_vnni", "avx512f", "avx_vnni", "avx2", "avx"] as const;

/** @param cpuInfo the text of `/proc/cpuinfo`, where there is one */
export function instructionLevel(cpuInfo: string): string | undefined {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuInfo)?.[1]?.trim().split(/\s+/));
  return LEVELS.find((level) => flags.has(level));
}

async function instructionSet(): Promise<string> {
  const info = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  return [arch, instructionLevel(info)].filter((part) => part !== undefined).join("-");
}

/** From its package: loading the library for that would cost this thread its memory. */
async function runtimeVersion(): Promise<string> {
  const file = new URL("../package.json", import.meta.resolve("onnxruntime-node"));
  return (JSON.parse(await readFile(file, "utf8")) as { version: string }).version;
}

async function gpuName({ device }: ExecutionDevice): Promise<string> {
  try {
    const query = ["--query-gpu=name", "--format=csv,noheader", `--id=${device}`];
    const { stdout } = await promisify(execFile)("nvidia-smi", query, { timeout: 10_000 });
    return stdout.trim();
  } catch {
    // a GPU of another maker, or a container without the tool
    return "gpu";
  }
}
