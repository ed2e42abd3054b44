import assert from "node:assert/strict";
import { test } from "node:test";
import { type AnalyticsSettings, SceneAnalytics, type SceneEvent } from "./scene-analytics.ts";

const RATE = 10;
const SETTINGS: AnalyticsSettings = {
  anchor: "bottom",
  lines: [{ name: "gate", from: [0, 50], to: [100, 50] }],
  zones: [
    {
      name: "room",
      polygon: [
        [20, 20],
        [80, 20],
        [80, 80],
        [20, 80],
      ],
    },
  ],
  margin: 0,
  intervalSeconds: 1,
};

/** Anchors by frame, of one track or several; undefined where a track is not seen. */
type Paths = Record<number, readonly (readonly [number, number] | undefined)[]>;

function play(
  paths: Paths,
  settings: Partial<AnalyticsSettings> = {},
): { scene: SceneAnalytics; events: SceneEvent[] } {
  const scene = new SceneAnalytics({ ...SETTINGS, ...settings });
  const events: SceneEvent[] = [];
  const frames = Math.max(...Object.values(paths).map((path) => path.length));
  for (let frame = 0; frame < frames; frame++) {
    const objects = Object.entries(paths).flatMap(([id, path]) => {
      const at = path[frame];
      if (at === undefined) return [];
      const isLast = path.slice(frame + 1).every((later) => later === undefined);
      const box = [at[0] - 4, at[1] - 20, 8, 20] as const;
      return [{ trackId: Number(id), label: Number(id) < 10 ? "car" : "person", box, isLast }];
    });
    events.push(...scene.see({ frame, pts: frame * 100, seconds: frame / RATE, objects }));
  }
  return { scene, events };
}

const told = (events: readonly SceneEvent[]): string[] =>
  events.map((event) => {
    if (event.kind === "cross") return `${event.frame} cross ${event.line} ${event.direction}`;
    if (event.kind === "enter") {
      return `${event.frame} enter ${event.zone}${event.appeared ? ", appeared" : ""}`;
    }
    const vanished = event.vanished ? ", vanished" : "";
    return `${event.frame} exit ${event.zone} after ${event.dwellSeconds.toFixed(1)}${vanished}`;
  });

test("through the zone and over the line, from the left-hand side to the right", () => {
  const path = Array.from({ length: 21 }, (_, i) => [50, 1 + 5 * i] as const);
  const { scene, events } = play({ 1: path });
  assert.deepEqual(told(events), ["4 enter room", "10 cross gate in", "16 exit room after 1.2"]);
  assert.deepEqual(scene.total.lines, { gate: { in: { car: 1 }, out: {} } });
  assert.deepEqual(scene.dwell["room"]!.visits, 1);
  const [cross] = events.filter((event) => event.kind === "cross");
  assert.deepEqual([cross!.pts, cross!.at], [1000, [50, 51]]);
  assert.ok(Math.abs(cross!.speed! - 50) < 1e-9);
});

test("past the end of the line nothing is crossed", () => {
  const { events } = play({
    1: [
      [110, 40],
      [110, 60],
      [90, 60],
      [90, 40],
    ],
  });
  assert.deepEqual(told(events.filter(({ kind }) => kind === "cross")), ["3 cross gate out"]);
});

test("over a gap it moves on a straight line", () => {
  const { events } = play({ 1: [[50, 10], undefined, undefined, [50, 90]] });
  assert.deepEqual(told(events), ["3 cross gate in"]);
});

test("what begins and ends in a zone has been there for as long as it was seen", () => {
  const { scene, events } = play({ 1: [[50, 60], [51, 60], undefined, [52, 60]] });
  assert.deepEqual(told(events), ["0 enter room, appeared", "3 exit room after 0.3, vanished"]);
  assert.equal(scene.total.zones["room"]!.occupancy.max, 1);
});

test("what trembles on a border within the margin never crosses it", () => {
  const path = Array.from({ length: 40 }, (_, i) => [50, i % 2 === 0 ? 49 : 51] as const);
  const gate = (margin: number) =>
    play({ 1: [[50, 40], ...path, [50, 40]] }, { margin }).scene.total.lines["gate"];
  assert.deepEqual(gate(3), { in: {}, out: {} });
  assert.deepEqual(gate(0), { in: { car: 20 }, out: { car: 20 } });
});

test("a slow crossing has the moment of the first touch", () => {
  const path = Array.from({ length: 41 }, (_, i) => [50, 40.25 + i / 2] as const);
  const { events } = play({ 1: path }, { margin: 4, zones: [] });
  assert.deepEqual(told(events), ["20 cross gate in"]);
});

test("counts by label, and a time series that adds up to the total", () => {
  const walk = (start: number) => [
    ...Array.from({ length: start }, () => undefined),
    ...Array.from({ length: 25 }, (_, i) => [50, 5 + 4 * i] as const),
  ];
  const { scene } = play({ 1: walk(0), 2: walk(7), 10: walk(18), 11: walk(26).toReversed() });
  assert.deepEqual(scene.total.objects, { car: 2, person: 2 });
  for (const direction of ["in", "out"] as const) {
    for (const label of ["car", "person"]) {
      const sum = scene.series.reduce(
        (total, { lines }) => total + (lines["gate"]![direction][label] ?? 0),
        0,
      );
      assert.equal(sum, scene.total.lines["gate"]![direction][label] ?? 0);
    }
  }
  assert.equal(
    scene.series.reduce((sum, { frames }) => sum + frames, 0),
    scene.total.frames,
  );
  assert.deepEqual(
    scene.series.map(({ fromSeconds }) => fromSeconds),
    [0, 1, 2, 3, 4, 5],
  );
});

test("occupancy is the mean over the frames, and at the end nobody is left", () => {
  const { scene } = play({
    1: [
      [50, 50.5],
      [50, 51],
    ],
    2: [undefined, [60, 60], [60, 60], [0, 0]],
  });
  const { occupancy } = scene.total.zones["room"]!;
  // In each frame: 1, 2 (the first is seen for the last time), 1, 0.
  assert.deepEqual([occupancy.mean, occupancy.max], [1, 2]);
});

test("with a map of the ground, speed is the ground's", () => {
  const path = Array.from({ length: 30 }, (_, i) => [10 + i, 40] as const);
  const { scene } = play({ 1: path }, { toGround: ([x, y]) => [x / 10, y / 10] });
  assert.ok(Math.abs(scene.speeds()["car"]!.mean - 1) < 1e-9);
});

test("events do not depend on what else is seen", () => {
  const one = Array.from({ length: 30 }, (_, i) => [50, 4 * i] as const);
  const other = Array.from({ length: 30 }, (_, i) => [4 * i, 60] as const);
  const of = (paths: Paths, id: number) => told(play(paths).events.filter((e) => e.trackId === id));
  assert.deepEqual(of({ 1: one, 12: other }, 1), of({ 1: one }, 1));
  assert.deepEqual(of({ 1: one, 12: other }, 12), of({ 12: other }, 12));
});
