import type { Random } from "./random.ts";

/** What a schedule is played on. Every number is drawn from its seed. */
export interface Scenario {
  /** Frames per batch, per segment. */
  readonly segments: readonly (readonly number[])[];
  readonly window: number;
  readonly openSegments: number;
  readonly attempts: number;
  readonly enhance: boolean;
  readonly render: boolean;
  readonly views: boolean;
  /** Batches whose bytes the site may hold. */
  readonly budget: number;
  /** This segment does not decode as planned, so the job falls back to a single one. */
  readonly liar?: number;
  /** Whoever works on this frame dies. */
  readonly poison?: number;
  /** Every decoder dies at this frame. */
  readonly broken?: number;
  /** Processes die. */
  readonly crashes: boolean;
  /** Deliveries may be doubled, and holders may be taken for dead. */
  readonly zombies: boolean;
  /** Payloads get lost. */
  readonly losses: boolean;
  /** The reconciler runs; without it the redelivery of a dead process's task must do. */
  readonly reconciler: boolean;
  /** Queues lose tasks. */
  readonly forgetful: boolean;
  /** Redis goes back some writes. */
  readonly travel: boolean;
  /** More workers come: the job may hold and open one more than planned. */
  readonly widens: boolean;
  /** A decoder may have had its turn before its segment is over. */
  readonly yields: boolean;
  /** Those who could infer by the plan may be gone for good, so that ingest makes another. */
  readonly replans: boolean;
  /** An earlier run of the job left some results, of whole batches and of parts of them. */
  readonly adopts: boolean;
  /** The job is paused now and then. */
  readonly pauses: boolean;
  /** The job is cancelled in the middle. */
  readonly cancel: boolean;
  /** How likely a script runs twice because its first answer was lost. */
  readonly lostAnswers: number;
  /** How likely what a call needs is full or away. */
  readonly outages: number;
  /** How likely work fails that was not interrupted. */
  readonly failures: number;
  /** Services are stopped and started. */
  readonly stops: boolean;
  /** Intermediates get lost or damaged. */
  readonly damages: boolean;
  /** The job's first run fails, and is retried. */
  readonly retries: boolean;
}

/**
 * Faults of one kind want others to be absent: those that exclude each other are drawn in turn. What is `given` is not
 * left to chance, and what it excludes is absent too.
 */
export function drawScenario(random: Random, given: Partial<Scenario> = {}): Scenario {
  const segments = Array.from({ length: random.int(1, 4) }, () =>
    Array.from({ length: random.int(0, 3) }, () => random.int(1, 4)),
  );
  const frames = segments.flat().reduce((sum, count) => sum + count, 0);
  const liar = random.int(0, segments.length * 4);
  const lies = (segments[liar]?.length ?? 0) > 0;
  const clean = !lies && !given.zombies && !given.travel;
  const poisoned = random.chance(0.2) && clean && frames > 0;
  const breaks = !poisoned && random.chance(0.1) && clean && frames > 0;
  // Random deaths must not add up to a gap where no frame is at fault.
  const counts = poisoned || breaks;
  const reconciler = random.chance(0.5) ? (given.reconciler ?? true) : (given.reconciler ?? false);
  const travel = given.travel ?? (!counts && reconciler && random.chance(0.3));
  const zombies = given.zombies ?? (!counts && random.chance(0.4));
  const losses = given.losses ?? random.chance(0.4);
  const window = given.window ?? random.int(1, 4);
  const openSegments = random.int(1, 3);
  // Without the reconciler nobody takes back what zombies and double faults leave of the budget.
  const scarce = reconciler || !(zombies || losses || lies);
  return {
    segments,
    window,
    openSegments,
    attempts: counts ? 2 : 50,
    enhance: random.chance(0.25),
    render: random.chance(0.25),
    views: random.chance(0.25),
    budget: scarce ? random.int(Math.min(window, openSegments), window) : 1_000,
    crashes: true,
    zombies,
    losses,
    reconciler,
    forgetful: reconciler && !counts && random.chance(0.5),
    travel,
    widens: reconciler && window % 2 === 1,
    yields: random.chance(0.3),
    adopts: random.chance(0.3),
    replans: random.chance(0.1),
    pauses: random.chance(0.2),
    cancel: random.chance(0.1),
    lostAnswers: random.chance(0.3) ? 0.1 : 0,
    outages: random.chance(0.2) ? 0.03 : 0,
    failures: random.chance(0.2) && !counts ? 0.05 : 0,
    stops: random.chance(0.4),
    damages: random.chance(0.15),
    retries: random.chance(0.1),
    ...(lies ? { liar } : {}),
    ...(poisoned ? { poison: random.int(0, frames - 1) } : {}),
    ...(breaks ? { broken: random.int(0, frames - 1) } : {}),
    ...given,
  };
}

/** What an earlier run left of a batch: all of its results, the first of them, or nothing. */
export function drawAdopted(
  random: Random,
  frames: number,
): { readonly f: number; readonly t: number; readonly known: boolean }[] {
  const whole = [{ f: 0, t: frames, known: true }];
  const cut = random.int(1, frames);
  if (random.chance(0.4)) return whole;
  if (cut === frames || random.chance(0.5)) return [];
  return [
    { f: 0, t: cut, known: true },
    { f: cut, t: frames, known: false },
  ];
}
