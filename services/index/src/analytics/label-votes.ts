import type { ScoredLabel } from "@framequeue/contracts";
import { roundTo, scoreDecimals } from "@framequeue/vision";

/** Labels that a track has at most. */
const MOST = 5;

interface Votes {
  looks: number;
  readonly sums: Map<number, number>;
}

/**
 * What a classifier says of tracks, gathered over all looks at each: a label counts with its mean score, 0 where a look
 * did not have it among its best.
 */
export class LabelVotes {
  readonly #tracks = new Map<number, Votes>();

  add(trackId: number, labels: readonly ScoredLabel[]): void {
    const votes = this.#tracks.get(trackId) ?? { looks: 0, sums: new Map<number, number>() };
    this.#tracks.set(trackId, votes);
    votes.looks++;
    for (const [score, classId] of labels) {
      votes.sums.set(classId, (votes.sums.get(classId) ?? 0) + score);
    }
  }

  /** The best first, ties by the lower id; undefined where nobody looked. */
  of(trackId: number): ScoredLabel[] | undefined {
    const votes = this.#tracks.get(trackId);
    return (
      votes &&
      [...votes.sums]
        .map(([classId, sum]): ScoredLabel => [roundTo(sum / votes.looks, scoreDecimals), classId])
        .sort((a, b) => b[0] - a[0] || a[1] - b[1])
        .slice(0, MOST)
    );
  }
}
