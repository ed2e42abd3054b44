import type { Random } from "./random.ts";
import type { Scenario } from "./schedule-world.ts";

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
  const reconciler = random.chance(0.5) ? (given.reconciler ?? true) : (given.reconciler ?? false);
  const travel = given.travel ?? (!poisoned && reconciler && random.chance(0.3));
  const zombies = given.zombies ?? (!poisoned && random.chance(0.4));
  const losses = given.losses ?? random.chance(0.4);
  const window = given.window ?? random.int(1, 4);
  const openSegments = random.int(1, 3);
  // Without the reconciler nobody takes back what zombies and double faults leave of the budget.
  const scarce = reconciler || !(zombies || losses || lies);
  return {
    segments,
    window,
    openSegments,
    // Random deaths must not add up to a gap where no frame is at fault.
    attempts: poisoned ? 2 : 50,
    enhance: random.chance(0.25),
    render: random.chance(0.25),
    views: random.chance(0.25),
    budget: scarce ? random.int(Math.min(window, openSegments), window) : 1_000,
    zombies,
    losses,
    reconciler,
    forgetful: reconciler && !poisoned && random.chance(0.5),
    travel,
    widens: reconciler && window % 2 === 1,
    yields: random.chance(0.3),
    adopts: random.chance(0.3),
    replans: random.chance(0.1),
    pauses: random.chance(0.2),
    cancel: random.chance(0.1),
    lostAnswers: random.chance(0.3) ? 0.1 : 0,
    ...(lies ? { liar } : {}),
    ...(poisoned ? { poison: random.int(0, frames - 1) } : {}),
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
