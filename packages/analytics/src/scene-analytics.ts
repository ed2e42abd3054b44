import { Border, type Moment } from "./border.ts";
import { depthInside, type Point, segmentsMeet, signedDistance } from "./geometry.ts";
import type { PlaneMap } from "./homography.ts";
import { Speedometer } from "./speed.ts";
import { count, Occupancy, sorted, type Tally } from "./tally.ts";

export interface LineSettings {
  readonly name: string;
  readonly from: Point;
  readonly to: Point;
}

export interface ZoneSettings {
  readonly name: string;
  readonly polygon: readonly Point[];
}

/** Points and distances in pixels of the source. */
export interface AnalyticsSettings {
  readonly anchor: "bottom" | "center";
  readonly lines: readonly LineSettings[];
  readonly zones: readonly ZoneSettings[];
  readonly margin: number;
  readonly intervalSeconds: number;
  /** Where a point of the picture is on the ground; absent: speed is in pixels. */
  readonly toGround?: PlaneMap | undefined;
}

/** A track in one frame. */
export interface SeenObject {
  readonly trackId: number;
  readonly label: string;
  /** `[x, y, width, height]` in source pixels. */
  readonly box: readonly [number, number, number, number];
  /** The track is not seen again after this frame. */
  readonly isLast: boolean;
}

/** One frame. Frames come in order; those without a result are left out. */
export interface SeenFrame extends Moment {
  readonly objects: readonly SeenObject[];
}

interface EventBase extends Moment {
  readonly trackId: number;
  readonly label: string;
  /** The anchor when it was certain. */
  readonly at: Point;
}
export type SceneEvent =
  | (EventBase & {
      readonly kind: "cross";
      readonly line: string;
      readonly direction: "in" | "out";
      readonly speed: number | undefined;
    })
  | (EventBase & { readonly kind: "enter"; readonly zone: string; readonly appeared: boolean })
  | (EventBase & {
      readonly kind: "exit";
      readonly zone: string;
      readonly dwellSeconds: number;
      readonly vanished: boolean;
    });

export interface Crossings {
  readonly in: Tally;
  readonly out: Tally;
}

export interface Visits {
  readonly enters: Tally;
  readonly exits: Tally;
  readonly occupancy: Occupancy;
}

export interface SceneInterval {
  readonly fromSeconds: number;
  frames: number;
  readonly objects: Tally;
  readonly lines: Record<string, Crossings>;
  readonly zones: Record<string, Visits>;
}

export interface Dwell {
  visits: number;
  seconds: number;
  max: number;
}

interface LineWatch {
  readonly line: LineSettings;
  readonly border: Border;
  /** Where it was last certain to be on a side. */
  from: Point | undefined;
}

interface ZoneWatch {
  readonly zone: ZoneSettings;
  readonly border: Border;
  enteredSeconds: number;
}

/** What is remembered of a track until its last frame. */
interface Watched {
  readonly firstFrame: number;
  readonly lines: readonly LineWatch[];
  readonly zones: readonly ZoneWatch[];
  readonly speed: Speedometer;
  /** Number of the interval in which it was counted last. */
  interval: number;
}

/**
 * Counts what crosses lines and stays in zones, over the tracks of one video. The anchor of a box stands for its object;
 * between two frames it moves on a straight line, also over frames in which the track was lost. An object is in a zone
 * from its first touch of it until its first touch of the outside, or until its track ends.
 */
export class SceneAnalytics {
  readonly #settings: AnalyticsSettings;
  readonly #tracks = new Map<number, Watched>();
  readonly #inside: Map<string, number>;
  readonly #intervals: SceneInterval[] = [];
  readonly total: SceneInterval;
  readonly dwell: Readonly<Record<string, Dwell>>;
  readonly #speeds = new Map<string, { tracks: number; means: number; max: number }>();

  constructor(settings: AnalyticsSettings) {
    this.#settings = settings;
    this.#inside = new Map(settings.zones.map(({ name }) => [name, 0]));
    this.total = this.#emptyInterval(0);
    this.dwell = Object.fromEntries(
      settings.zones.map(({ name }) => [name, { visits: 0, seconds: 0, max: 0 }]),
    );
  }

  /** What became certain in this frame. An event has the moment in which it happened, which may lie some frames back. */
  *see(frame: SeenFrame): Generator<SceneEvent> {
    const index = Math.floor(frame.seconds / this.#settings.intervalSeconds);
    while (this.#intervals.length <= index) {
      this.#intervals.push(
        this.#emptyInterval(this.#intervals.length * this.#settings.intervalSeconds),
      );
    }
    for (const object of frame.objects) yield* this.#seeObject(frame, object, index);
    for (const interval of [this.total, this.#intervals[index]!]) {
      interval.frames++;
      for (const [zone, inside] of this.#inside) interval.zones[zone]!.occupancy.see(inside);
    }
    // Whoever is seen in a zone for the last time is in it in this frame.
    for (const { trackId, isLast } of frame.objects) if (isLast) this.#forget(trackId);
  }

  /** One entry per interval from the first frame to the last, also where nothing was seen. */
  get series(): readonly SceneInterval[] {
    return this.#intervals;
  }

  /** By label: tracks that had a speed, the mean of their means, and the largest of all. */
  speeds(): Record<string, { tracks: number; mean: number; max: number }> {
    const labels: Record<string, { tracks: number; mean: number; max: number }> = {};
    for (const [label, { tracks, means, max }] of this.#speeds) {
      labels[label] = { tracks, mean: means / tracks, max };
    }
    return sorted(labels);
  }

  *#seeObject(frame: SeenFrame, object: SeenObject, index: number): Generator<SceneEvent> {
    const { trackId, label, box, isLast } = object;
    let track = this.#tracks.get(trackId);
    if (track === undefined) {
      track = this.#watch(frame.frame);
      this.#tracks.set(trackId, track);
      count(this.total.objects, label);
    }
    if (track.interval !== index) {
      track.interval = index;
      count(this.#intervals[index]!.objects, label);
    }
    const at = anchorOf(box, this.#settings.anchor);
    track.speed.see(frame.seconds, this.#settings.toGround?.(at) ?? at);
    const moment: Moment = { frame: frame.frame, pts: frame.pts, seconds: frame.seconds };
    const base = { trackId, label, at };
    for (const watch of track.lines) yield* this.#seeLine(watch, base, moment, track);
    for (const watch of track.zones) yield* this.#seeZone(watch, base, moment, track, isLast);
    if (isLast) this.#noteSpeed(label, track.speed);
  }

  *#seeLine(
    watch: LineWatch,
    base: Omit<EventBase, keyof Moment>,
    moment: Moment,
    track: Watched,
  ): Generator<SceneEvent> {
    const { line, border } = watch;
    const distance = signedDistance(base.at, line.from, line.to);
    const change = border.see(distance, moment);
    const from = watch.from;
    // The path that counts begins and ends where the side is certain.
    if (Math.sign(distance) === border.side && Math.abs(distance) >= this.#settings.margin) {
      watch.from = base.at;
    }
    if (change === undefined || change.isFirst || from === undefined) return;
    if (!segmentsMeet(from, base.at, line.from, line.to)) return;
    const direction = change.side === 1 ? "in" : "out";
    for (const interval of this.#both()) count(interval.lines[line.name]![direction], base.label);
    yield {
      kind: "cross",
      line: line.name,
      direction,
      ...base,
      ...change.since,
      speed: track.speed.current,
    };
  }

  *#seeZone(
    watch: ZoneWatch,
    base: Omit<EventBase, keyof Moment>,
    moment: Moment,
    track: Watched,
    isLast: boolean,
  ): Generator<SceneEvent> {
    const { zone, border } = watch;
    const change = border.see(depthInside(base.at, zone.polygon), moment);
    const { name } = zone;
    if (change?.side === 1) {
      watch.enteredSeconds = change.since.seconds;
      this.#add(name, 1);
      for (const { zones } of this.#both()) count(zones[name]!.enters, base.label);
      const appeared = change.since.frame === track.firstFrame;
      yield { kind: "enter", zone: name, ...base, ...change.since, appeared };
    } else if (change !== undefined && !change.isFirst) {
      yield this.#leave(watch, base, change.since, false);
    }
    if (isLast && border.side === 1) yield this.#leave(watch, base, moment, true);
  }

  #leave(
    watch: ZoneWatch,
    base: Omit<EventBase, keyof Moment>,
    at: Moment,
    vanished: boolean,
  ): SceneEvent {
    const { name } = watch.zone;
    const dwellSeconds = at.seconds - watch.enteredSeconds;
    if (!vanished) this.#add(name, -1);
    for (const { zones } of this.#both()) count(zones[name]!.exits, base.label);
    const dwell = this.dwell[name]!;
    dwell.visits++;
    dwell.seconds += dwellSeconds;
    dwell.max = Math.max(dwell.max, dwellSeconds);
    return { kind: "exit", zone: name, ...base, ...at, dwellSeconds, vanished };
  }

  #add(zone: string, objects: number): void {
    this.#inside.set(zone, this.#inside.get(zone)! + objects);
  }

  #forget(trackId: number): void {
    for (const { zone, border } of this.#tracks.get(trackId)!.zones) {
      if (border.side === 1) this.#add(zone.name, -1);
    }
    this.#tracks.delete(trackId);
  }

  /** Where an event is counted: over all, and in the interval in which it became certain. */
  #both(): readonly SceneInterval[] {
    return [this.total, this.#intervals.at(-1)!];
  }

  #watch(firstFrame: number): Watched {
    const { lines, zones, margin } = this.#settings;
    return {
      firstFrame,
      lines: lines.map((line) => ({ line, border: new Border(margin), from: undefined })),
      zones: zones.map((zone) => ({ zone, border: new Border(margin), enteredSeconds: 0 })),
      speed: new Speedometer(),
      interval: -1,
    };
  }

  #emptyInterval(fromSeconds: number): SceneInterval {
    const { lines, zones } = this.#settings;
    return {
      fromSeconds,
      frames: 0,
      objects: {},
      lines: Object.fromEntries(lines.map(({ name }) => [name, { in: {}, out: {} }])),
      zones: Object.fromEntries(
        zones.map(({ name }) => [name, { enters: {}, exits: {}, occupancy: new Occupancy() }]),
      ),
    };
  }

  #noteSpeed(label: string, meter: Speedometer): void {
    const { summary } = meter;
    if (summary === undefined) return;
    const speeds = this.#speeds.get(label) ?? { tracks: 0, means: 0, max: 0 };
    this.#speeds.set(label, speeds);
    speeds.tracks++;
    speeds.means += summary.mean;
    speeds.max = Math.max(speeds.max, summary.max);
  }
}

/** Where the object touches the ground, or its centre. */
export function anchorOf(
  [x, y, width, height]: SeenObject["box"],
  anchor: AnalyticsSettings["anchor"],
): Point {
  return [x + width / 2, anchor === "bottom" ? y + height : y + height / 2];
}
