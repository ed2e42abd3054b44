/**
 * Where a track is in its life: `tentative` until it was seen often enough to be trusted, `confirmed` while it is seen,
 * `lost` while it is not and may come back. After that it has ended, and is gone.
 */
export type TrackState = "tentative" | "confirmed" | "lost";

export interface TrackLife {
  /** 0 for a track that was never shown. */
  readonly trackId: number;
  readonly state: TrackState;
}

/** `started` with the frame that first shows a track, `ended` with the one in which it is given up. */
export interface TrackEvent {
  readonly type: "started" | "lost" | "found" | "ended";
  readonly trackId: number;
}

/**
 * What happened to tracks between two moments, by track id. A track that was never shown starts and ends without an
 * event; of one that was, every life has one start, and one end unless it goes on.
 */
export function trackEvents(
  before: readonly TrackLife[],
  after: readonly TrackLife[],
): TrackEvent[] {
  const former = statesOf(before);
  const current = statesOf(after);
  const events: TrackEvent[] = [];
  for (const [trackId, state] of current) {
    const was = former.get(trackId);
    if (was === undefined) events.push({ type: "started", trackId });
    else if (was !== "lost" && state === "lost") events.push({ type: "lost", trackId });
    else if (was === "lost" && state !== "lost") events.push({ type: "found", trackId });
  }
  for (const trackId of former.keys()) {
    if (!current.has(trackId)) events.push({ type: "ended", trackId });
  }
  return events.sort((a, b) => a.trackId - b.trackId);
}

function statesOf(lives: readonly TrackLife[]): Map<number, TrackState> {
  return new Map(
    lives.filter(({ trackId }) => trackId > 0).map(({ trackId, state }) => [trackId, state]),
  );
}
