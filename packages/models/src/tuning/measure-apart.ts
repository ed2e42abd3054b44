import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Measurement, MeasurementOrder, MeasurementReply } from "./measurement.ts";

/** Measures one setting; throws an Error whose message is a clause where it cannot be run. */
export type Measure = (order: MeasurementOrder, signal?: AbortSignal) => Promise<Measurement>;

/** In a process of its own: its peak memory is that of the setting alone, and one that is killed takes nobody along. */
export const measureApart: Measure = async (order, signal) => {
  signal?.throwIfAborted();
  const script = fileURLToPath(new URL("./measure-process.ts", import.meta.url));
  const child = fork(script, {
    env: { ...process.env, ORT_DISABLE_TELEMETRY: "1" },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const kill = (): void => void child.kill("SIGKILL");
  signal?.addEventListener("abort", kill, { once: true });
  const replies: MeasurementReply[] = [];
  child.once("message", (reply: MeasurementReply) => replies.push(reply));
  const closed = once(child, "close") as Promise<[number | null, string | null]>;
  child.send(order);
  const [code, killedBy] = await closed;
  signal?.removeEventListener("abort", kill);
  signal?.throwIfAborted();
  const [reply] = replies;
  if (reply === undefined) throw new Error(`its process ended with ${killedBy ?? code}`);
  if ("reason" in reply) throw new Error(reply.reason);
  return reply.measurement;
};
