import type { ScalingPolicy } from "./policy.ts";

/** What there is to do for one stage, and by whom. */
export interface Load {
  /** Frames per second of live sources, which must be kept up with. */
  readonly liveFramesPerSecond: number;
  /** Frames of accepted files that the stage has not done. */
  readonly framesLeft: number;
  /** Of one worker, per second in which it had something to do; above 0. */
  readonly framesPerBusySecond: number;
  /** Workers with something to do. */
  readonly busy: number;
  /** Tasks that wait in the queue. */
  readonly waiting: number;
}

/**
 * Workers that the work wants: enough to keep up with live sources with some room, and to be done with what is left of
 * files in the time wanted; never fewer than are busy, and one where anything waits.
 */
export function wantedWorkers(load: Load, policy: ScalingPolicy): number {
  const { liveFramesPerSecond, framesLeft, framesPerBusySecond, busy, waiting } = load;
  const { headroom, drainSeconds, min, max } = policy;
  const live = liveFramesPerSecond / (framesPerBusySecond * headroom);
  const files = framesLeft / (framesPerBusySecond * drainSeconds);
  // Sums of many small numbers: what is above a whole one by less than a millionth is that one.
  const wanted = Math.ceil(live + files - 1e-6);
  return Math.min(max, Math.max(min, wanted, busy, waiting > 0 ? 1 : 0));
}
