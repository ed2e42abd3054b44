import type {
  AcceptedJob,
  Analytics,
  AnalyticsEvent,
  FrameFileRow,
  PartRow,
  ResultHeader,
  ResultType,
  RowField,
  Size,
  Summary,
  TrackRow,
  ViewRow,
} from "@framequeue/contracts";
import type { z } from "zod";

/** A row of `tracks.jsonl` whose path, its last field, comes in pieces of JSON text without the brackets around it. */
export interface TrackText {
  readonly row: Omit<TrackRow, "path">;
  /** Of each track before the next one is asked for. */
  readonly path: AsyncIterable<string>;
}

/** What was counted over all frames of a job. */
export interface SceneCounts {
  readonly analytics: Analytics;
  /** How often each place of the picture was stood on, row by row. */
  readonly heatMap: {
    readonly width: number;
    readonly height: number;
    readonly counts: Float64Array;
  };
  /** Of the source's picture. */
  readonly picture: Size;
  /** As a PNG: whoever counts brings it along, because pictures need a library that is not for pure code. */
  readonly encodeHeatMap: (map: SceneCounts["heatMap"], picture: Size) => Promise<Uint8Array>;
}

/** What a format can be written from. */
export interface Inputs {
  /** What each frame shows, as `frames.jsonl` has it. */
  readonly frames: AsyncIterable<FrameFileRow>;
  /** Where the tracks are in each frame, predicted or filled in where nothing was seen of them. */
  readonly boxes: AsyncIterable<PartRow>;
  /** By track id. */
  readonly tracks: AsyncIterable<TrackText>;
  /** By track and time. */
  readonly views: AsyncIterable<ViewRow>;
  /** In the order in which they became certain. */
  readonly events: AsyncIterable<AnalyticsEvent>;
  readonly scene: SceneCounts;
  readonly summary: Summary;
  /** The source itself: the render step reads it, and no writer here does. */
  readonly source: never;
}
export type Need = keyof Inputs;

/** Takes the bytes of a file, in order. Each call is to be awaited: it may have to wait for room. */
export interface Sink {
  /** `line` without its end of line. */
  line(line: string): Promise<void>;
  /** A part of a line that is too long to be held whole. */
  text(part: string): Promise<void>;
  bytes(part: Uint8Array): Promise<void>;
}

/** What the files of a job say of media, models and options. */
export type JobHeader = Omit<ResultHeader, "kind"> & {
  readonly analytics?: Analytics["analytics"];
};

/** When a job leaves a file: in words for its user, and by what the job asks for. */
export const CONDITIONS = {
  always: { text: "always", holds: () => true },
  video: { text: "unless `render` is `false` (`--no-video`)", holds: ({ render }) => render },
  views: {
    text: "with `options.views` (`--views`)",
    holds: ({ options }) => options.views !== undefined,
  },
  analytics: {
    text: "with `analytics` (`--analytics`)",
    holds: ({ analytics }) => analytics !== undefined,
  },
} as const satisfies Record<string, { text: string; holds: (job: Wishes) => boolean }>;

/** What a job asks for that decides which files it leaves. */
export type Wishes = Pick<AcceptedJob, "options" | "analytics" | "render">;

/**
 * - `results`: by the step of that name, from the rows, while the job's intermediates are there
 * - `end`, `render`: by the steps of those names
 * - `request`: whenever somebody asks for it, from the files that the job left
 */
export type Made = "results" | "end" | "render" | "request";

/** One kind of file that a job can leave, or that can be made of what it left. */
export interface Format<N extends Need = Need, O = unknown> {
  /** Of the file. */
  readonly name: string;
  readonly mediaType: ResultType;
  readonly made: Made;
  readonly needs: N;
  readonly when: keyof typeof CONDITIONS;
  /** Made on request only: what can be asked of it, from the query of a URL. Without a schema there is nothing. */
  readonly options?: z.ZodType<O>;
  /** Made on request only: what of a frame it can hold; a job whose models see nothing of that has no such file. */
  readonly holds?: readonly RowField[];
  /** Made on request only: another number wherever the same inputs and options give other bytes than before. */
  readonly revision?: number;
  /** Equal inputs, header and options give equal bytes. Absent where a step of its own makes the file. */
  readonly write?: (input: Inputs[N], sink: Sink, header: JobHeader, options: O) => Promise<void>;
}

export type AnyFormat = { [N in Need]: Format<N> }[Need];

/** Holds a declaration against the types of what it needs and of its options. */
export function format<N extends Need, O = unknown>(declared: Format<N, O>): Format<N> {
  return declared as Format<N>;
}
