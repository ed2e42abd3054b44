import {
  resolveTracker,
  type TrackerName,
  type TrackerOptions,
  trackerOptionsSchema,
  type TrackerOptionsOf,
  type WholeTrackerOptions,
} from "@framequeue/contracts";

/** What an algorithm itself goes by. What is left out here is the same around each (see tracker.ts). */
export type OwnOptions<A extends TrackerName> = Readonly<
  Omit<TrackerOptionsOf<A>, "algorithm" | "perClass" | "hideStillFrames" | "recall" | "minScore">
>;

/**
 * The options as a job may have them, with a value for each.
 *
 * @throws RangeError naming every option that is out of range
 */
export function checkedOptions(options: TrackerOptions): WholeTrackerOptions {
  const { data, error } = trackerOptionsSchema.safeParse(options);
  if (data !== undefined) return resolveTracker(data);
  throw new RangeError(
    error.issues
      .map(({ path, message }) => `${path.join(".") || "options"}: ${message}`)
      .join("; "),
  );
}

/** Whether a detection's score is enough for it to be of any use. */
export function isScoreEnough(score: number, options: WholeTrackerOptions): boolean {
  if (!(score < Number.POSITIVE_INFINITY)) return false;
  switch (options.algorithm) {
    case "sort":
    case "ocsort":
      return score > options.minScore;
    case "deepsort":
      return score >= options.minScore;
    case "bytetrack":
    case "botsort":
      return score > options.lowThreshold;
  }
}
