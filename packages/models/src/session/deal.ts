/** What is known of a chunk that waits for a thread. */
export interface WaitingChunk {
  readonly pictures: number;
  /** May not share a run: it was in one that took its thread along. */
  readonly alone: boolean;
  /** When it came, in milliseconds. */
  readonly since: number;
}

export interface DealTerms {
  /** Pictures per run. */
  readonly slots: number;
  readonly threads: number;
  /** Whether the thread that would get it has nothing to do. */
  readonly idle: boolean;
  /** How long a chunk may wait for others to fill its run. */
  readonly waitMs: number;
  readonly now: number;
}

/** How many chunks from the front of the queue go to a thread; or, where none, how long to wait for more. */
export type Deal = { readonly take: number } | { readonly waitMs: number };

/**
 * Pictures per message where a run takes fewer: few enough that threads end together, many enough that messages cost
 * nothing.
 */
export const MESSAGE_PICTURES = 4;

/**
 * Chunks of different callers share a run up to its size; first come, first served. A run that is not full waits a
 * little for more, and behind one that is running for as long as that takes, since it could not begin before.
 *
 * @param waiting oldest first, at least one
 */
export function nextDeal(waiting: readonly WaitingChunk[], terms: DealTerms): Deal {
  const { slots, threads, idle, waitMs, now } = terms;
  const [first] = waiting;
  if (first === undefined) throw new RangeError("nothing waits");
  // Not behind another either, which may take the thread along.
  if (first.alone) return idle ? { take: 1 } : { waitMs: Infinity };
  const all = waiting.reduce((sum, { pictures }) => sum + pictures, 0);
  const share = Math.min(MESSAGE_PICTURES, Math.ceil(all / threads));
  const limit = Math.max(slots, Math.floor(share / slots) * slots);
  let take = 0;
  let pictures = 0;
  for (const chunk of waiting) {
    if (take > 0 && (chunk.alone || pictures + chunk.pictures > limit)) break;
    pictures += chunk.pictures;
    take++;
  }
  const full = pictures >= slots || take < waiting.length;
  if (full) return { take };
  if (!idle) return { waitMs: Infinity };
  const rest = first.since + waitMs - now;
  return rest > 0 ? { waitMs: rest } : { take };
}
