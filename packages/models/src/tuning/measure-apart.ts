import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { tiedCommand } from "@framequeue/lifetime";
import type { Measurement, MeasurementOrder, MeasurementReply } from "./measurement.ts";

/** Measures one setting; throws an Error whose message is a clause where it cannot be run. */
export type Measure = (order: MeasurementOrder, signal?: AbortSignal) => Promise<Measurement>;

/** A model that is not through by then does not come to an end on the pictures that it is measured with. */
const DEADLINE_MS = 600_000;

/**
 * In a process of its own: its peak memory is that of the setting alone, and one that is killed takes nobody along. It
 * ends with this one.
 */
export const measureApart: Measure = async (order, signal) => {
  signal?.throwIfAborted();
  const script = fileURLToPath(new URL("./measure-process.ts", import.meta.url));
  const { program, args } = tiedCommand(process.execPath, []);
  const child = fork(script, {
    execPath: program,
    execArgv: [...args],
    env: { ...process.env, ORT_DISABLE_TELEMETRY: "1" },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const kill = (): void => void child.kill("SIGKILL");
  const late = AbortSignal.timeout(DEADLINE_MS);
  late.addEventListener("abort", kill, { once: true });
  signal?.addEventListener("abort", kill, { once: true });
  const replies: MeasurementReply[] = [];
  child.once("message", (reply: MeasurementReply) => replies.push(reply));
  const closed = once(child, "close") as Promise<[number | null, string | null]>;
  child.send(order);
  const [code, killedBy] = await closed;
  late.removeEventListener("abort", kill);
  signal?.removeEventListener("abort", kill);
  signal?.throwIfAborted();
  const [reply] = replies;
  if (reply === undefined) {
    throw new Error(
      late.aborted
        ? `it was not through after ${DEADLINE_MS / 60_000} minutes`
        : `its process ended with ${killedBy ?? code}`,
    );
  }
  if ("reason" in reply) throw new Error(reply.reason);
  return reply.measurement;
};
