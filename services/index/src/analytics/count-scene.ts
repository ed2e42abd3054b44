import {
  type Analytics,
  type AnalyticsEvent,
  type AnalyticsOptions,
  labelOf,
  type TrackTuple,
} from "@framequeue/contracts";
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
import { encodeHeatMap, type FrameClock } from "@framequeue/media";
import { fanOut, type JobHeader } from "@framequeue/outputs";
import { type FrameNumbers, type JobFacts, type Pipeline, readRows } from "@framequeue/pipeline";
import { boxDecimals, roundTo } from "@framequeue/vision";
import type { ResultFiles } from "../results/result-files.ts";
import { settingsOf } from "./analytics-settings.ts";

/** Decimals of seconds, shares and speeds. */
const DECIMALS = 3;

export interface CountOptions {
  readonly header: JobHeader & { readonly analytics: AnalyticsOptions };
  /** Of the frames, in the results. */
  readonly numbers: FrameNumbers;
  /** When the frames are shown, which goes on where the source's own clock was set back. */
  readonly clock: FrameClock;
  /** The frame in which a track is seen last, by its number in the results. */
  readonly lastFrameOf: (trackId: number) => number;
}

/**
 * Counts over the tracked rows of a job, once it is known where each track ends, and has the files written that live on
 * events and counts.
 */
export async function countScene(
  pipeline: Pipeline,
  { job, plan, epoch }: JobFacts & { readonly epoch: string },
  files: ResultFiles,
  { header, numbers, clock, lastFrameOf }: CountOptions,
): Promise<void> {
  const { analytics } = header;
  const { labels, media } = plan;
  const nameOf = (classId: number): string => labelOf(labels, classId);
  const wanted = analytics.labels === undefined ? undefined : new Set(analytics.labels);
  const scene = new SceneAnalytics(settingsOf(analytics, media));
  const watch = analytics.trackEvents === true ? new TrackWatch(analytics.anchor) : undefined;
  /** Of tracks that go on: one that is lost is in no row. */
  const classes = new Map<number, number>();
  const heatMap = createHeatMap(media);

  const events = async function* (): AsyncGenerator<AnalyticsEvent> {
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
      for (const { box } of seen.objects) heat(heatMap, media, anchorOf(box, analytics.anchor));
      for (const event of [...(watch?.see(seen) ?? []), ...scene.see(seen)]) {
        yield eventRow(event, classes.get(event.trackId)!);
      }
      for (const [id] of row.tracks) if (frame === lastFrameOf(id)) classes.delete(id);
    }
  };
  await fanOut(events(), files.writers("events"));

  const { schemaVersion, models, options } = header;
  const about = { schemaVersion, media: header.media, models, options, analytics };
  const counts = {
    analytics: analyticsOf(scene, about),
    heatMap,
    picture: media,
    encodeHeatMap,
  };
  for (const write of files.writers("scene")) await write(counts);
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

function analyticsOf(
  scene: SceneAnalytics,
  header: Pick<Analytics, "schemaVersion" | "media" | "models" | "options" | "analytics">,
): Analytics {
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
  return {
    ...header,
    kind: "analytics",
    objects: sorted(total.objects),
    lines: intervalRow(total).lines,
    zones: Object.fromEntries(zones),
    speed: {
      unit: header.analytics.calibration === undefined ? "px/s" : "m/s",
      labels: Object.fromEntries(speeds),
    },
    series: scene.series.map((interval) => intervalRow(interval)),
  };
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
