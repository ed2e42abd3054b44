import {
  resolveTracker,
  TRACKER_NAMES,
  type TrackerName,
  trackerOptionsSchema,
  type TrackerOptionsOf,
} from "./tracking.ts";

type Overrides = { readonly [A in TrackerName]?: Partial<TrackerOptionsOf<A>> };

/** What each preset sets otherwise than the defaults. */
const OVERRIDES = {
  /** As jobs have them: for a detector that is seldom sure. */
  default: {},
  /**
   * What the published results of each tracker were made with, on MOT17 at 30 frames per second. At another rate
   * ByteTrack's code takes one second for its buffer, rounded down to frames.
   */
  reference: {
    bytetrack: { trackThreshold: 0.6, foundThreshold: 0.7 },
    botsort: { trackThreshold: 0.6, foundThreshold: 0.7 },
    sort: { minScore: 0.6, maxAge: 1 },
    ocsort: { minScore: 0.6 },
  },
} as const satisfies Record<string, Overrides>;

export type TrackerPreset = keyof typeof OVERRIDES;
export const TRACKER_PRESET_NAMES = Object.keys(OVERRIDES) as TrackerPreset[];

/** Every option of every tracker, as a preset has it. */
type Trackers = { readonly [A in TrackerName]: TrackerOptionsOf<A> };

function trackersOf(overrides: Overrides): Trackers {
  return Object.fromEntries(
    TRACKER_NAMES.map((algorithm) => {
      const options = trackerOptionsSchema.parse({ algorithm, ...overrides[algorithm] });
      return [algorithm, Object.freeze(resolveTracker(options))];
    }),
  ) as unknown as Trackers;
}

export const TRACKER_PRESETS: { readonly [P in TrackerPreset]: Trackers } = {
  default: trackersOf(OVERRIDES.default),
  reference: trackersOf(OVERRIDES.reference),
};
