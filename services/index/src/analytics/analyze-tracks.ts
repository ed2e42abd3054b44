import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  type Analytics,
  type AnalyticsEvent,
  type AnalyticsOptions,
  analyticsSchema,
  type ResultHeader,
  type TrackTuple,
} from "@framequeue/contracts";
import { encodeHeatMap, type FrameClock } from "@framequeue/media";
import {
  type FrameNumbers,
  type JobFacts,
  labelOf,
  objectKeys,
  type Pipeline,
  readRows,
} from "@framequeue/pipeline";
import {
  anchorOf,
  createHeatMap,
  heat,
  SceneAnalytics,
  type SceneEvent,
  type SceneInterval,
  type SeenFrame,
  sorted,
  type TrackHappening,
  TrackWatch,
} from "@framequeue/analytics";
import { boxDecimals, roundTo } from "@framequeue/vision";
import { settingsOf } from "./analytics-settings.ts";
import { ArtifactWriter, type StoredArtifact } from "../results/artifact-writer.ts";

/** Decimals of seconds, shares and speeds. */
const DECIMALS = 3;

export interface AnalyzeOptions {
  readonly analytics: AnalyticsOptions;
  /** What the files say of media, models and options. */
  readonly header: Omit<ResultHeader, "kind">;
  /** Scratch folder of the caller's. */
  readonly folder: string;
  /** Of the frames, in the results. */
  readonly numbers: FrameNumbers;
  /** When the frames are shown, which goes on where the source's own clock was set back. */
  readonly clock: FrameClock;
  /** The frame in which a track is seen last, by its number in the results. */
  readonly lastFrameOf: (trackId: number) => number;
}

/**
 * Counts over the tracked rows of a job, once it is known where each track ends, and writes `events.jsonl`,
 * `analytics.json` and `heatmap.png`.
 */
export async function analyzeTracks(
  pipeline: Pipeline,
  { job, plan, epoch }: JobFacts & { readonly epoch: string },
  { analytics, header, folder, numbers, clock, lastFrameOf }: AnalyzeOptions,
): Promise<Record<string, StoredArtifact>> {
  const { objects } = pipeline;
  const { labels, media } = plan;
  const nameOf = (classId: number): string => labelOf(labels, classId);
  const wanted = analytics.labels === undefined ? undefined : new Set(analytics.labels);
  const scene = new SceneAnalytics(settingsOf(analytics, media));
  const watch = analytics.trackEvents === true ? new TrackWatch(analytics.anchor) : undefined;
  /** Of tracks that go on: one that is lost is in no row. */
  const classes = new Map<number, number>();
  const map = createHeatMap(media);
  await using events = await ArtifactWriter.open("events.jsonl", join(folder, "events.jsonl"));
  await events.line(JSON.stringify({ ...header, kind: "events", analytics }));

  const [numerator, denominator] = media.timeBase;
  let start: number | undefined;
  for await (const row of readRows(pipeline, job.id, epoch)) {
    if ("gap" in row) continue;
    const frame = numbers.of(row.frame);
    start ??= clock.at(row.frame);
    const seen: SeenFrame = {
      frame,
      pts: row.pts,
      seconds: ((clock.at(row.frame) - start) * numerator) / denominator,
      objects: row.tracks
        .map((tuple) => seenObject(tuple, nameOf, frame === lastFrameOf(tuple[0])))
        .filter(({ label }) => wanted?.has(label) ?? true),
    };
    for (const tuple of row.tracks) classes.set(tuple[0], tuple[5]);
    for (const { box } of seen.objects) heat(map, media, anchorOf(box, analytics.anchor));
    for (const event of [...(watch?.see(seen) ?? []), ...scene.see(seen)]) {
      await events.line(JSON.stringify(eventRow(event, classes.get(event.trackId)!)));
    }
    for (const [id] of row.tracks) if (frame === lastFrameOf(id)) classes.delete(id);
  }

  const body = analyticsText(scene, { ...header, kind: "analytics", analytics });
  const png = await encodeHeatMap(map, media);
  return {
    "events.jsonl": await events.store(objects, job.id),
    "analytics.json": await putArtifact(objects, job.id, "analytics.json", Buffer.from(body)),
    "heatmap.png": await putArtifact(objects, job.id, "heatmap.png", png),
  };
}

function seenObject(
  [trackId, x, y, width, height, classId]: TrackTuple,
  labelOf: (classId: number) => string,
  isLast: boolean,
): SeenFrame["objects"][number] {
  return { trackId, label: labelOf(classId), box: [x, y, width, height], isLast };
}

/** Keys in the order in which they are documented. */
function eventRow(event: SceneEvent | TrackHappening, classId: number): AnalyticsEvent {
  const { trackId, label, frame, pts } = event;
  const at: [number, number] = [
    roundTo(event.at[0], boxDecimals),
    roundTo(event.at[1], boxDecimals),
  ];
  const fields = { trackId, classId, label, frame, pts, at };
  switch (event.kind) {
    case "cross": {
      const { kind, line, direction, speed } = event;
      const row = { kind, line, direction, ...fields };
      return speed === undefined ? row : { ...row, speed: roundTo(speed, DECIMALS) };
    }
    case "start":
    case "lost":
      return { kind: event.kind, ...fields };
    case "found":
      return { kind: "found", ...fields, awaySeconds: roundTo(event.awaySeconds, DECIMALS) };
    case "end":
      return { kind: "end", ...fields, lifeSeconds: roundTo(event.lifeSeconds, DECIMALS) };
    case "enter":
      return { kind: "enter", zone: event.zone, ...fields, appeared: event.appeared };
    case "exit": {
      const { kind, zone, dwellSeconds, vanished } = event;
      return { kind, zone, ...fields, dwellSeconds: roundTo(dwellSeconds, DECIMALS), vanished };
    }
  }
}

function analyticsText(
  scene: SceneAnalytics,
  header: Pick<Analytics, "schemaVersion" | "kind" | "media" | "models" | "options" | "analytics">,
): string {
  const { total, dwell } = scene;
  const zones = Object.entries(intervalRow(total).zones).map(([name, visits]) => {
    const { visits: ended, seconds, max } = dwell[name]!;
    const mean = ended === 0 ? 0 : seconds / ended;
    return [
      name,
      {
        ...visits,
        dwell: { visits: ended, mean: roundTo(mean, DECIMALS), max: roundTo(max, DECIMALS) },
      },
    ] as const;
  });
  const speeds = Object.entries(scene.speeds()).map(
    ([label, { tracks, mean, max }]) =>
      [label, { tracks, mean: roundTo(mean, DECIMALS), max: roundTo(max, DECIMALS) }] as const,
  );
  const result: Analytics = {
    ...header,
    objects: sorted(total.objects),
    lines: intervalRow(total).lines,
    zones: Object.fromEntries(zones),
    speed: {
      unit: header.analytics.calibration === undefined ? "px/s" : "m/s",
      labels: Object.fromEntries(speeds),
    },
    series: scene.series.map((interval) => intervalRow(interval)),
  };
  return `${JSON.stringify(analyticsSchema.parse(result), undefined, 2)}\n`;
}

function intervalRow(interval: SceneInterval): Analytics["series"][number] {
  const lines = Object.entries(interval.lines).map(
    ([name, crossings]) =>
      [name, { in: sorted(crossings.in), out: sorted(crossings.out) }] as const,
  );
  const zones = Object.entries(interval.zones).map(([name, { enters, exits, occupancy }]) => {
    const { mean, max } = occupancy;
    return [
      name,
      {
        enters: sorted(enters),
        exits: sorted(exits),
        occupancy: { mean: roundTo(mean, DECIMALS), max },
      },
    ] as const;
  });
  return {
    fromSeconds: interval.fromSeconds,
    frames: interval.frames,
    objects: sorted(interval.objects),
    lines: Object.fromEntries(lines),
    zones: Object.fromEntries(zones),
  };
}

async function putArtifact(
  objects: Pipeline["objects"],
  job: JobFacts["job"]["id"],
  name: string,
  body: Buffer,
): Promise<StoredArtifact> {
  const sha256 = createHash("sha256").update(body).digest("hex");
  const key = objectKeys.artifact(job, name, sha256);
  await objects.put(key, body, { durable: true });
  return { key, bytes: body.length, sha256 };
}
