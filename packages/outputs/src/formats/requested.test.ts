import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnalyticsEvent, FrameFileRow } from "@framequeue/contracts";
import { newJobId } from "@framequeue/contracts";
import { deriveFormat, requestedFormat } from "../derivations/derivation.ts";
import type { Format, Inputs, JobHeader, Need } from "../format.ts";
import { bytesOf } from "../memory-sink.ts";
import { cocoJson } from "./coco-json.ts";
import { detectionsCsv } from "./detections-csv.ts";
import { eventsVtt } from "./events-vtt.ts";
import { tracksVtt } from "./tracks-vtt.ts";

const HEADER: JobHeader = {
  schemaVersion: 1,
  media: { sha256: "a", width: 64, height: 48, rotation: 0, timeBase: [1, 25], frames: 3 },
  models: [],
  options: {} as JobHeader["options"],
};
const ROWS: FrameFileRow[] = [
  {
    frame: 0,
    pts: 5,
    detections: [
      { box: [1.1, 2.2, 3, 4], score: 0.9, classId: 2, label: 'a "car", red', trackId: 7 },
      {
        box: [0, 0, 2, 2],
        score: 0.4,
        classId: 0,
        label: "dog",
        mask: { size: [2, 2], counts: "013" },
      },
    ],
  },
  { gap: { from: 1, to: 1, reason: "decode-error" } },
  { frame: 2, pts: 7, detections: [] },
];
/** Can be read as often as wanted. */
const again = <T>(rows: readonly T[]): AsyncIterable<T> => ({
  async *[Symbol.asyncIterator]() {
    yield* rows;
  },
});
const textOf = async <N extends Need>(
  format: Format<N>,
  input: Inputs[N],
  asked: object = {},
): Promise<string> =>
  (await bytesOf(format, input, HEADER, format.options!.parse(asked))).toString();

test("coco.json is COCO's dataset: ids that fit, masks as they are, what is unwanted left out", async () => {
  const all = JSON.parse(await textOf(cocoJson, again(ROWS)));
  assert.deepEqual(all.categories, [
    { id: 1, name: "dog", supercategory: "" },
    { id: 3, name: 'a "car", red', supercategory: "" },
  ]);
  assert.deepEqual(
    all.images.map((each: Record<string, unknown>) => [each.id, each.file_name, each.seconds]),
    [
      [0, "frame_000000.png", 0.2],
      [2, "frame_000002.png", 0.28],
    ],
  );
  assert.deepEqual(all.annotations, [
    {
      ...{ id: 1, image_id: 0, category_id: 3, bbox: [1.1, 2.2, 3, 4], area: 12 },
      ...{ segmentation: [], iscrowd: 0, score: 0.9, track_id: 7 },
    },
    {
      ...{ id: 2, image_id: 0, category_id: 1, bbox: [0, 0, 2, 2], area: 1 },
      ...{ segmentation: { size: [2, 2], counts: "013" }, iscrowd: 0, score: 0.4 },
    },
  ]);
  for (const asked of [{ minScore: "0.5" }, { labels: 'a "car"', minScore: 0.95 }]) {
    const few = JSON.parse(await textOf(cocoJson, again(ROWS), asked));
    assert.equal(few.images.length, 2);
    assert.equal(few.annotations.length, "labels" in asked ? 0 : 1);
  }
  assert.deepEqual(JSON.parse(await textOf(cocoJson, again([]))).annotations, []);
});

test("detections.csv has a line for each detection, with what must be quoted quoted", async () => {
  assert.deepEqual((await textOf(detectionsCsv, again(ROWS))).split("\n"), [
    "frame,seconds,x_min,y_min,x_max,y_max,class_id,class_name,confidence,tracker_id",
    '0,0.2,1.1,2.2,4.1,6.2,2,"a ""car"", red",0.9,7',
    "0,0.2,0,0,2,2,0,dog,0.4,",
    "",
  ]);
});

test("tracks.vtt and events.vtt have cues in the order of time, none before zero, no markup from labels", async () => {
  const track = (trackId: number, first: number, last: number, label = "car") => ({
    row: {
      ...{ trackId, classId: 0, label, score: 1, observed: 1 },
      ...{ first: { frame: 0, pts: first }, last: { frame: 0, pts: last } },
      best: { frame: 0, box: [0, 0, 1, 1] as [number, number, number, number] },
    },
    path: again<string>([]),
  });
  const tracks = again([track(1, 100, 200), track(2, 50, 50, "<b>\n-->"), track(3, -90, -80)]);
  assert.equal(
    await textOf(tracksVtt, tracks),
    "WEBVTT\n\n00:00:02.000 --> 00:00:02.500\n&lt;b&gt; --&gt; 2\n\n00:00:04.000 --> 00:00:08.000\ncar 1\n",
  );
  const cross: AnalyticsEvent = {
    ...{ kind: "cross", line: "gate", direction: "in", trackId: 1, classId: 0 },
    ...{ label: "car", frame: 9, pts: 90_000, at: [0, 0] },
  };
  assert.equal(
    await textOf(eventsVtt, again([cross]), { offsetSeconds: "-1.5", seconds: "1" }),
    "WEBVTT\n\n00:59:58.500 --> 00:59:59.500\ncar 1 crosses gate: in\n",
  );
});

test("a derivation is named by what its bytes depend on, and by nothing else", () => {
  const files = { "frames.jsonl": { key: "k", bytes: 1, sha256: "1" } };
  const named = (asked: object, artifacts = files, format = "coco.json") =>
    deriveFormat(
      { job: newJobId(), artifacts },
      [{ role: "detector" }],
      requestedFormat(format)!,
      asked,
    ).name;
  const name = named({});
  assert.match(name, /^[0-9a-f]{64}$/);
  assert.equal(named({ minScore: "0" }), name);
  assert.equal(
    named({ minScore: "0.50", labels: "a,b" }),
    named({ labels: ["a", "b"], minScore: 0.5 }),
  );
  assert.equal(named({}, { "frames.jsonl": { key: "elsewhere", bytes: 2, sha256: "1" } }), name);
  const others = [
    named({ minScore: "0.1" }),
    named({}, { "frames.jsonl": { key: "k", bytes: 1, sha256: "2" } }),
    named({}, files, "detections.csv"),
  ];
  assert.equal(new Set([name, ...others]).size, 4);
});

test("what cannot be made says why, and by which field", () => {
  const artifacts = { "frames.jsonl": { key: "k", bytes: 1, sha256: "1" } };
  const ask = (format: string, asked: object, role: "detector" | "classifier" = "detector") =>
    deriveFormat({ job: newJobId(), artifacts }, [{ role }], requestedFormat(format)!, asked);
  const refused = (work: () => unknown, code: string, text: RegExp): void => {
    assert.throws(work, (error: Error & { code?: string }) => {
      assert.equal(error.code, code);
      assert.match(error.message, text);
      return true;
    });
  };
  refused(() => ask("coco.json", { minScore: "2" }), "invalid-request", /minScore/);
  refused(
    () => ask("coco.json", { minScore: "1e99" }),
    "invalid-request",
    /minScore: must be a number/,
  );
  refused(() => ask("coco.json", { minScor: "1" }), "unknown-option", /minScor/);
  refused(() => ask("events.vtt", {}), "not-found", /made of events\.jsonl.*with `analytics`/);
  refused(() => ask("coco.json", {}, "classifier"), "not-found", /holds detections/);
  assert.equal(requestedFormat("frames.jsonl"), undefined);
  assert.equal(requestedFormat("constructor"), undefined);
});
