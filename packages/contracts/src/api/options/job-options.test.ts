import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { z } from "zod";
import { resultOptionsSchema, uploadOptionsSchema } from "./job-options.ts";
import { listJobOptions, requestSchema } from "./option-list.ts";
import {
  resolveTracker,
  TRACKER_NAMES,
  TRACKER_OPTIONS,
  trackerOptionsSchema,
} from "./tracking.ts";
import { TRACKER_PRESETS } from "./tracker-presets.ts";

/** The options stand in the header of every result file: neither a value nor the order of two may change. */
const HEADERS: readonly (readonly [options: object, header: string])[] = [
  [
    {},
    '{"enhance":{"normalize":false},"tracker":{"algorithm":"bytetrack","perClass":true,"trackThreshold":0.5,"lowThreshold":0.1,"foundThreshold":0.6,"matchThreshold":0.9,"trackBuffer":30,"fuseScores":true}}',
  ],
  [
    {
      ...{ fillGaps: 9, views: {}, classifyLabels: ["c"], embedLabels: ["e"], labels: ["l"] },
      ...{ tracker: { recall: {}, hideStillFrames: 4, algorithm: "botsort", cameraMotion: true } },
      ...{ minScore: 0.5, stream: 1, everyNth: 2 },
    },
    '{"everyNth":2,"stream":1,"minScore":0.5,"labels":["l"],"enhance":{"normalize":false},"tracker":{"algorithm":"botsort","perClass":true,"hideStillFrames":4,"recall":{"maxCosineDistance":0.2,"frames":1500},"trackThreshold":0.5,"lowThreshold":0.1,"foundThreshold":0.6,"matchThreshold":0.8,"trackBuffer":30,"fuseScores":true,"cameraMotion":true},"embedLabels":["e"],"classifyLabels":["c"],"views":{"perTrack":3},"fillGaps":9}',
  ],
  [
    { tracker: { algorithm: "deepsort" } },
    '{"enhance":{"normalize":false},"tracker":{"algorithm":"deepsort","perClass":true,"minScore":0.3,"maxCosineDistance":0.2,"gallerySize":100,"maxAge":30,"minHits":3,"maxOverlapCost":0.7}}',
  ],
  [
    { tracker: { algorithm: "sort" } },
    '{"enhance":{"normalize":false},"tracker":{"algorithm":"sort","perClass":true,"minScore":0.5,"maxAge":5,"minHits":3,"iouThreshold":0.3}}',
  ],
  [
    { tracker: { algorithm: "ocsort" } },
    '{"enhance":{"normalize":false},"tracker":{"algorithm":"ocsort","perClass":true,"minScore":0.5,"maxAge":30,"minHits":3,"iouThreshold":0.3,"deltaFrames":3,"inertia":0.2,"refind":false}}',
  ],
];

test("options are written as they always were", () => {
  for (const [options, header] of HEADERS) {
    assert.equal(JSON.stringify(resultOptionsSchema.parse(options)), header);
  }
});

test("every option of a job says what it does, what it may be, and what holds without it", () => {
  const options = listJobOptions();
  for (const { path, text, type, range, default: given, trackers } of options) {
    const name = path.join(".");
    assert.ok(text.length > 10, name);
    assert.ok((given ?? Object.values(trackers ?? {})[0]) !== undefined, name);
    if (type === "integer" || type === "number") assert.ok(range !== "", name);
  }
  const names = options.map(({ path }) => path.join("."));
  const walk = (schema: z.core.JSONSchema.BaseSchema, path: string): string[] =>
    Object.entries(schema.properties ?? {}).flatMap(([name, below]) => {
      const full = path === "" ? name : `${path}.${name}`;
      const { properties, oneOf = [] } = below as z.core.JSONSchema.BaseSchema;
      if (full === "analytics") return [full];
      if (oneOf.length > 0) return oneOf.flatMap((each) => walk(each, full));
      return properties === undefined ? [full] : walk(below as typeof schema, full);
    });
  for (const path of walk(requestSchema(uploadOptionsSchema), "")) {
    assert.ok(names.includes(path), path);
  }
});

test("no two options have one flag", () => {
  const flags = listJobOptions().flatMap(({ flag }) => flag?.name ?? []);
  assert.ok(flags.length > 35, `${flags.length} flags`);
  assert.deepEqual(
    flags.filter((name, i) => flags.indexOf(name) !== i),
    [],
  );
});

test("the JSON Schema of a request tells every option's text, takes what the API takes, and refuses what it refuses", () => {
  const schema = requestSchema(uploadOptionsSchema);
  assert.ok(!/"(?:flag|see|unset|value)":/.test(JSON.stringify(schema)));
  const takes = new Ajv2020({ strict: false }).compile(schema);
  const requests: unknown[] = [
    ...HEADERS.map(([options]) => ({ options })),
    { execution: { segmentSeconds: 0, batchFrames: 64 }, priority: 9, render: false },
    { analytics: { lines: [{ name: "a", from: [0, 0], to: [1, 1] }] } },
    { options: { everyNth: 0 } },
    { options: { stream: 0.5 } },
    { options: { tracker: { algorithm: "sort", refind: true } } },
    { options: { tracker: { algorithm: "sort", maxAge: -1 } } },
    { options: { views: { perTrack: 17 } } },
    { options: { labels: [] } },
    { execution: { window: 257 } },
    { nonsense: 1 },
  ];
  const verdicts = requests.map((request) => takes(request));
  assert.deepEqual(
    verdicts,
    requests.map((request) => uploadOptionsSchema.safeParse(request).success),
  );
  assert.equal(new Set(verdicts).size, 2);
});

test("a tracker is told a value for everything but what it only does on request", () => {
  for (const algorithm of TRACKER_NAMES) {
    const told = resolveTracker(trackerOptionsSchema.parse({ algorithm }));
    const missing = Object.keys(TRACKER_OPTIONS[algorithm]).filter((name) => !(name in told));
    assert.deepEqual(missing, ["hideStillFrames", "recall"], algorithm);
    assert.deepEqual(resolveTracker(told), told);
    assert.deepEqual(TRACKER_PRESETS.default[algorithm], told);
    for (const preset of Object.values(TRACKER_PRESETS)) {
      assert.deepEqual(trackerOptionsSchema.parse(preset[algorithm]), preset[algorithm]);
    }
  }
});

test("thresholds that exclude each other are refused by name, in whatever tracker", () => {
  for (const algorithm of ["bytetrack", "botsort"]) {
    const result = trackerOptionsSchema.safeParse({ algorithm, lowThreshold: 0.51 });
    assert.deepEqual(
      result.error?.issues.map(({ path }) => path),
      [["lowThreshold"]],
    );
    assert.ok(trackerOptionsSchema.safeParse({ algorithm, lowThreshold: 0.5 }).success);
  }
});
