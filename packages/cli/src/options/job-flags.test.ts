import assert from "node:assert/strict";
import { test } from "node:test";
import { listJobOptions, ProblemError, uploadOptionsSchema } from "@framequeue/contracts";
import { ANALYZE_USAGE, parseAnalyzeOptions } from "./analyze-options.ts";
import { TRACK_USAGE, parseTrackOptions } from "./track-options.ts";

const analyze = (...args: string[]) => parseAnalyzeOptions(["a.mp4", ...args])!;
const refused =
  (at: string, message = /./) =>
  (error: unknown) =>
    error instanceof ProblemError && error.at === at && message.test(error.message);

test("every option of a job is a flag of analyze, but for the share, for which there is nobody else", () => {
  const missing = listJobOptions()
    .filter(({ path, flag }) => {
      // The model and what is counted may be files there.
      const name = flag?.name ?? path[0]!;
      return !new RegExp(`^  --(?:\\[no-\\])?${name}\\b`, "m").test(ANALYZE_USAGE);
    })
    .map(({ path }) => path.join("."));
  assert.deepEqual(missing, ["options.views", "priority"]);
});

test("flags say what JSON says", () => {
  const said = analyze(
    ...["--tracker", "ocsort", "--recall-frames", "9", "--no-per-class", "--refind", "--inertia"],
    ...["0.5", "--hide-still-frames=7", "--labels", "car, bus", "--views", "2", "--normalize"],
    ...["--embedder", "looks", "--embed-labels", "car", "--fill-gaps", "4", "--window", "3"],
    ...["--open-segments", "2", "--no-video", "--every-nth", "2", "--min-score", "0.25"],
  );
  const body = uploadOptionsSchema.parse({
    embedder: "looks",
    options: {
      ...{ everyNth: 2, minScore: 0.25, labels: ["car", "bus"], enhance: { normalize: true } },
      tracker: {
        ...{ algorithm: "ocsort", perClass: false, refind: true, inertia: 0.5 },
        ...{ hideStillFrames: 7, recall: { frames: 9 } },
      },
      ...{ embedLabels: ["car"], views: { perTrack: 2 }, fillGaps: 4 },
    },
    execution: { window: 3, openSegments: 2 },
    render: false,
  });
  for (const key of ["embedder", "options", "execution", "render"] as const) {
    assert.equal(JSON.stringify(said[key]), JSON.stringify(body[key]), key);
  }
  assert.equal(
    JSON.stringify(analyze().options),
    JSON.stringify(uploadOptionsSchema.parse({}).options),
  );
});

test("a switch is on, off or as it is by itself", () => {
  const recallOf = (...args: string[]) => analyze(...args).options.tracker.recall;
  assert.deepEqual(recallOf("--recall"), { maxCosineDistance: 0.2, frames: 1500 });
  assert.equal(recallOf("--no-recall"), undefined);
  const looks = ["--tracker", "botsort", "--embedder", "looks"];
  const appearanceOf = (...args: string[]) => {
    const { tracker } = analyze(...looks, ...args).options;
    return tracker.algorithm === "botsort" && tracker.appearance;
  };
  assert.deepEqual(
    [appearanceOf(), appearanceOf("--no-appearance"), appearanceOf("--views", "3")],
    [true, false, undefined],
  );
});

test("bounds are those of the job, and every fault is named by its flag", () => {
  for (const [flag, value] of [
    ["--every-nth", "61"],
    ["--recall-distance", "2.1"],
    ["--track-threshold", "much"],
    ["--fill-gaps", ""],
    ["--labels", "a,,b"],
    ["--window", "257"],
    ["--low-threshold", "0.6"],
    ["--tracker", "magic"],
  ] as const) {
    assert.throws(() => analyze(flag, value), refused(flag), `${flag} ${value}`);
  }
  assert.throws(
    () => analyze("--every-nth", "0", "--batch", "0"),
    (error) =>
      error instanceof ProblemError &&
      error.errors?.map(({ at }) => at).join() === "--every-nth,--batch",
  );
});

test("a flag of other trackers is refused with those that have it", () => {
  assert.throws(
    () => analyze("--refind"),
    refused("--refind", /^--refind is for --tracker ocsort, and the tracker is bytetrack\.$/),
  );
  assert.throws(
    () => analyze("--tracker", "sort", "--gallery-size", "5"),
    refused("--gallery-size", /deepsort/),
  );
});

const track = (...args: string[]) =>
  parseTrackOptions(["--detections", "d.txt", "--out", "o.txt", ...args])!.tracker;

test("track has the options and defaults of a job's tracker, and those of the references by name", () => {
  for (const algorithm of ["bytetrack", "botsort", "deepsort", "sort", "ocsort"]) {
    const { tracker } = uploadOptionsSchema.parse({ options: { tracker: { algorithm } } }).options;
    const defaults = track("--tracker", algorithm);
    assert.deepEqual({ ...defaults, ...tracker }, defaults);
    assert.deepEqual(track("--tracker", algorithm, "--preset", "default"), defaults);
  }
  const sort = track("--tracker", "sort", "--preset", "reference", "--min-hits", "2");
  assert.ok(sort.algorithm === "sort");
  assert.deepEqual([sort.minScore, sort.maxAge, sort.minHits], [0.6, 1, 2]);
  assert.throws(() => track("--tracker", "sort", "--preset", "mot99"), refused("--preset"));
  // The camera's motion comes from a file there, and there are no pictures.
  assert.throws(() => track("--tracker", "botsort", "--camera-motion"), refused("--camera-motion"));
  assert.ok(/^ {2}--max-age N/m.test(TRACK_USAGE) && !TRACK_USAGE.includes("--camera-motion"));
});

test("--set takes the names of JSON", () => {
  const given = track("--tracker", "ocsort", "--set", "maxAge=9", "--set", "perClass=false");
  assert.deepEqual(given, track("--tracker", "ocsort", "--max-age", "9", "--no-per-class"));
  for (const setting of [
    "frobs=1",
    "algorithm=sort",
    "gallerySize=3",
    "refind=perhaps",
    "refind",
  ]) {
    assert.throws(() => track("--tracker", "ocsort", "--set", setting), refused("--set"), setting);
  }
  assert.throws(() => track("--tracker", "ocsort", "--set", "maxAge=-1"), refused("--max-age"));
});
