import type { AttackedSite } from "./attacked-site.ts";

/** What strangers do who want everybody else to wait. */
export interface Attack {
  /** As a caller names it. */
  readonly name: string;
  /** Who the attackers are. */
  readonly what: string;
  /** Within how many seconds every one of them is refused, closed or in quarantine. */
  readonly deadlineSeconds: number;
  /** Processor time that goes by before: on a machine with other work it takes as much longer. */
  readonly processorSeconds?: number;
  /** Attackers that hold something for so long that others are measured meanwhile: their end is waited for last. */
  readonly lasts?: true;
  /** Makes ready what they need, and lets them loose; their time counts from the answer on. */
  begin(site: AttackedSite): Promise<RunningAttack>;
}

export interface RunningAttack {
  /** Told of the job beside them, once that is accepted. */
  readonly meet?: (job: string) => void;
  /** When the last of them was refused; rejects where one was not, with what came of it. */
  readonly refused: Promise<void>;
  /** They go away. Rejects where something was answered after `refused` that should not have been. */
  stop(): Promise<void>;
}
