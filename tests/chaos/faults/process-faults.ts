import { setTimeout as sleep } from "node:timers/promises";
import { type ChaosSystem, LOCK_MS } from "../chaos-system.ts";
import type { Random } from "@framequeue/synth";
import { type Inject, once } from "./fault.ts";

export const kill: Inject = async (scene, random) => {
  const victim = anyService(scene.system, random);
  // One that dies three times before it is ready stays down for good.
  if (victim === undefined || victim.name === scene.lastKilled) return undefined;
  if (!send(victim.pid, "SIGKILL")) return undefined;
  scene.lastKilled = victim.name;
  return once(`killed ${victim.name}`);
};

/** Longer than its lock: others take its work while it is away, and then it goes on as if nothing had been. */
export const stop: Inject = async ({ system }, random) => {
  const victim = anyService(system, random);
  const forMs = Math.round(LOCK_MS * (1.2 + random.next()));
  if (victim === undefined || !send(victim.pid, "SIGSTOP")) return undefined;
  void sleep(forMs).then(() => {
    // It may have been killed meanwhile.
    if (system.pids()[victim.name] === victim.pid) send(victim.pid, "SIGCONT");
  });
  return once(`stopped ${victim.name} for ${forMs} ms`);
};

export function wakeAll(system: ChaosSystem): void {
  for (const pid of Object.values(system.pids())) send(pid, "SIGCONT");
}

interface Victim {
  readonly name: string;
  readonly pid: number;
}

/** Drawn among all names, so that the same seed means the same services whichever are just starting. */
function anyService(system: ChaosSystem, random: Random): Victim | undefined {
  const name = random.pick(system.names);
  const pid = system.pids()[name];
  return pid === undefined ? undefined : { name, pid };
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // it has just died
  }
}
