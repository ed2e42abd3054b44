import type { Fault, Scene } from "./fault.ts";
import { pause, resumeAll } from "./job-faults.ts";
import { kill, stop, wakeAll } from "./process-faults.ts";
import { doubleTask, loseTask, reorder } from "./queue-faults.ts";
import { emptyRedis, fillRedis, longOutage, restartRedis } from "./redis-faults.ts";
import { cutPower, damageObject, emptyDisk, fillDisk, losePayloads } from "./store-faults.ts";

export type { Done, Fault, Scene } from "./fault.ts";

export const FAULTS: readonly Fault[] = [
  { name: "kills", times: 8, inject: kill },
  { name: "stops", times: 2, inject: stop },
  { name: "redis restarts", times: 1, inject: restartRedis },
  { name: "full redis", times: 1, inject: fillRedis },
  { name: "lost payloads", times: 3, inject: losePayloads },
  { name: "damaged objects", times: 2, inject: damageObject },
  { name: "full stores", times: 1, inject: fillDisk },
  { name: "lost tasks", times: 2, inject: loseTask },
  { name: "doubled tasks", times: 2, inject: doubleTask },
  { name: "reordered queues", times: 1, inject: reorder },
  { name: "pauses", times: 1, inject: pause },
];

/** With what takes too long for a short run, once in three rounds. */
export const ALL_FAULTS: readonly Fault[] = [
  ...FAULTS.map((fault) => ({ ...fault, times: 3 * fault.times })),
  { name: "power cuts", times: 3, inject: cutPower },
  { name: "long outages", times: 1, inject: longOutage },
];

/** Leaves nothing of a fault behind. */
export async function endFaults(scene: Scene): Promise<void> {
  wakeAll(scene.system);
  await emptyDisk(scene.system);
  await emptyRedis(scene.system);
  await resumeAll(scene);
}
