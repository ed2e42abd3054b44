/** What a step's code gets beside its message. */
export interface TaskContext {
  /**
   * Fires when the service must be gone, or when nobody wants the work any more: hand the work back and return by
   * throwing the signal's reason.
   */
  readonly signal: AbortSignal;
  /** Names this delivery. */
  readonly delivery: string;
  /** Whoever had the task before was never heard of again: the task may have killed its process. */
  readonly suspect: boolean;
  /** How often the task failed before for its own fault, or took its process with it. */
  readonly failures: number;
  /** What the task has just finished for good, for those who count. */
  readonly count: (work: DoneWork) => void;
  /** Names this delivery in the job's trace, where there is one; goes with what it makes. */
  readonly span: string | undefined;
  /** The task works on what the task of that span made. */
  readonly follow: (span: string | undefined) => void;
  /** Waits for what others hold; so long, this task keeps its process from nothing. */
  readonly idle: <T>(wait: Promise<T>) => Promise<T>;
}

export interface DoneWork {
  readonly frames: number;
  /** 0 where the work is not cut into batches. */
  readonly batches: number;
}

/** The work can only be done later: its task is put back for a while, and no attempt counts. */
export class Later extends Error {
  override readonly name: string = "Later";
  readonly waitMs: number;
  /** Done once the task is put back, so that whoever is asked there finds it so. */
  readonly whenPutBack: (() => Promise<void>) | undefined;

  constructor(message: string, waitMs: number, whenPutBack?: () => Promise<void>) {
    super(message);
    this.waitMs = waitMs;
    this.whenPutBack = whenPutBack;
  }
}

/** How long a task stays away that was for another process: short, because the other one may be idle. */
const FOR_ANOTHER_MS = 250;

/** The work is for a process of another kind. */
export class ForAnother extends Later {
  override readonly name = "ForAnother";

  constructor(message: string) {
    super(message, FOR_ANOTHER_MS);
  }
}
