import type { JobId } from "@framequeue/contracts";
import type { ChaosSystem } from "../chaos-system.ts";
import type { Random } from "@framequeue/synth";

/** What a fault did. */
export interface Done {
  /** Processes, payloads or tasks that it struck. */
  readonly count: number;
  readonly text: string;
}

/** What there is to break. */
export interface Scene {
  readonly system: ChaosSystem;
  /** Jobs that run now. */
  readonly jobs: ReadonlySet<JobId>;
  /** The service that was killed last. */
  lastKilled: string | undefined;
}

/** Undefined where there was nothing to do it to. */
export type Inject = (scene: Scene, random: Random) => Promise<Done | undefined>;

export interface Fault {
  /** Counted under this name. */
  readonly name: string;
  /** How often in one round of all faults. */
  readonly times: number;
  readonly inject: Inject;
}

export const once = (text: string): Done => ({ count: 1, text });

/** Enough of a key to find it in the logs. */
export function tail(key: string): string {
  return key.slice(-24);
}
