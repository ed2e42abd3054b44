import { readFileSync } from "node:fs";
import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { type Registry } from "prom-client";
import { readCounter, readGauge, type Sample } from "./read-metrics.ts";

/** Clock ticks per second in /proc, the same on every Linux that Node runs on. */
const TICKS = 100;

/**
 * What the default metrics leave out: children (ffmpeg does most of decode's and render's work), the limits of the
 * container, its network, and the machine. What the system does not tell is absent.
 */
export function observeProcess(registry: Registry): void {
  readCounter(
    registry,
    {
      name: "fq_child_cpu_seconds_total",
      help: "Processor time of child processes that have ended, such as ffmpeg.",
      labels: [],
    },
    () => [{ value: childCpuSeconds() }],
  );
  readGauge(
    registry,
    {
      name: "fq_cpu_limit_cores",
      help: "Processor cores that this process may use: its container's limit, or those of the machine.",
      labels: [],
    },
    () => [{ value: cpuLimit() }],
  );
  readGauge(
    registry,
    {
      name: "fq_memory_limit_bytes",
      help: "Memory that this process may use: its container's limit, or that of the machine.",
      labels: [],
    },
    () => [{ value: memoryLimit() ?? totalmem() }],
  );
  readGauge(
    registry,
    {
      name: "fq_memory_used_bytes",
      help: "Memory in use against that limit: of the container with its children, or of the machine.",
      labels: [],
    },
    () => [{ value: memoryUsed() }],
  );
  readCounter(
    registry,
    {
      name: "fq_network_bytes_total",
      help: "Bytes over the network of the container, or of the machine where there is none; loopback left out.",
      labels: ["direction"],
    },
    networkBytes,
  );
  readCounter(
    registry,
    {
      name: "fq_host_cpu_seconds_total",
      help: "Processor time of the machine, over all its cores.",
      labels: ["mode"],
    },
    hostCpuSeconds,
  );
}

function childCpuSeconds(): number {
  const stat = readFileSync("/proc/self/stat", "utf8");
  // The name in brackets may hold anything; user and system time of reaped children are fields 16 and 17.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) / TICKS;
}

/** Of control groups version 2, as the container sees its own. */
function cgroup(name: string): string | undefined {
  try {
    return readFileSync(`/sys/fs/cgroup/${name}`, "utf8").trim();
  } catch {
    return undefined;
  }
}

function cpuLimit(): number {
  const [quota, period] = (cgroup("cpu.max") ?? "max").split(" ");
  const limit = quota === "max" ? Infinity : Number(quota) / Number(period);
  return Math.min(availableParallelism(), limit);
}

function memoryLimit(): number | undefined {
  const limit = Number(cgroup("memory.max") ?? "max");
  return Number.isFinite(limit) ? limit : undefined;
}

function memoryUsed(): number {
  if (memoryLimit() === undefined) return totalmem() - availableMemory();
  // What the kernel caches of files goes when it is needed.
  const inactive = /^inactive_file (\d+)$/m.exec(cgroup("memory.stat") ?? "")?.[1] ?? 0;
  return Number(cgroup("memory.current")) - Number(inactive);
}

function availableMemory(): number {
  try {
    const found = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"));
    return found === null ? freemem() : Number(found[1]) * 1024;
  } catch {
    return freemem();
  }
}

function networkBytes(): Sample<"direction">[] {
  let [received, sent] = [0, 0];
  for (const line of readFileSync("/proc/self/net/dev", "utf8").split("\n")) {
    const [name, counts] = line.split(":");
    if (counts === undefined || name!.trim() === "lo") continue;
    const fields = counts.trim().split(/\s+/).map(Number);
    received += fields[0]!;
    sent += fields[8]!;
  }
  return [
    { labels: { direction: "received" }, value: received },
    { labels: { direction: "sent" }, value: sent },
  ];
}

function hostCpuSeconds(): Sample<"mode">[] {
  let [idle, all] = [0, 0];
  for (const { times } of cpus()) {
    idle += times.idle;
    all += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return [
    { labels: { mode: "idle" }, value: idle / 1000 },
    { labels: { mode: "busy" }, value: (all - idle) / 1000 },
  ];
}
