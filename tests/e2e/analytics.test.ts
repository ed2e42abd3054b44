import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import {
  type Analytics,
  type AnalyticsEvent,
  analyticsEventSchema,
  analyticsOptionsSchema,
  analyticsSchema,
  eventsHeaderSchema,
  executionOptionsSchema,
  type JobId,
} from "@framequeue/contracts";
import { writeClip } from "./clip.ts";
import { openSmallSite, type SmallSite } from "./small-site.ts";

/** What the model calls them, for want of a manifest with names. */
const [RED, GREEN, BLUE] = ["class 0", "class 1", "class 2"] as const;
/** Seconds of the clip: red walks 110 pixels a second, green 88, blue 110 the other way. */
const SECONDS = 4;
const ANALYTICS = analyticsOptionsSchema.parse({
  // `in` is to the right.
  lines: [{ name: "middle", from: [300, 360], to: [300, 0] }],
  zones: [
    {
      name: "strip",
      polygon: [
        [250, 0],
        [350, 0],
        [350, 360],
        [250, 360],
      ],
    },
  ],
  calibration: {
    image: [
      [0, 0],
      [640, 0],
      [640, 360],
      [0, 360],
    ],
    ground: [
      [0, 0],
      [6.4, 0],
      [6.4, 3.6],
      [0, 3.6],
    ],
  },
  intervalSeconds: 1,
});

async function artifact(site: SmallSite, job: JobId, name: string): Promise<Buffer> {
  const result = await site.pipeline.jobs.result(job);
  return site.pipeline.objects.get(result!.artifacts[name]!.key);
}

test("a job counts what crosses its lines and stays in its zones, however it was cut", async () => {
  await using site = await openSmallSite({ decoders: 2 });
  const video = join(site.folder, "walk.mp4");
  await writeClip(video, { seconds: SECONDS });
  const files: Buffer[][] = [];
  for (const cut of [{ segmentSeconds: 0 }, { segmentSeconds: 1, batchFrames: 5 }]) {
    const execution = executionOptionsSchema.parse(cut);
    const job = await site.submit(video, { analytics: ANALYTICS, execution });
    assert.equal((await site.ended(job)).state, "succeeded");
    const names = ["events.jsonl", "analytics.json", "heatmap.png"];
    files.push(await Promise.all(names.map((name) => artifact(site, job, name))));
  }
  assert.deepEqual(files[1], files[0]);

  const [head, ...rows] = files[0]![0]!.toString().trimEnd().split("\n");
  assert.deepEqual(eventsHeaderSchema.parse(JSON.parse(head!)).analytics, ANALYTICS);
  const events = rows.map((row): AnalyticsEvent => analyticsEventSchema.parse(JSON.parse(row)));
  const crossings = events.flatMap((event) =>
    event.kind === "cross" ? [`${event.label} ${event.direction}`] : [],
  );
  assert.deepEqual(crossings.sort(), [`${RED} in`, `${GREEN} in`, `${BLUE} out`]);
  for (const event of events) {
    if (event.kind === "cross") {
      const speed = event.label === GREEN ? 0.88 : 1.1;
      assert.ok(Math.abs(event.speed! - speed) < 0.1, JSON.stringify(event));
    } else if (event.kind === "exit") {
      // A hundred pixels, at the frame's grain of time, seen to two pixels.
      const seconds = event.label === GREEN ? 100 / 88 : 100 / 110;
      assert.ok(Math.abs(event.dwellSeconds - seconds) < 0.1, JSON.stringify(event));
    }
  }
  const analytics: Analytics = analyticsSchema.parse(JSON.parse(files[0]![1]!.toString()));
  assert.deepEqual(analytics.lines, {
    middle: { in: { [RED]: 1, [GREEN]: 1 }, out: { [BLUE]: 1 } },
  });
  assert.deepEqual(analytics.zones["strip"]!.enters, { [RED]: 1, [GREEN]: 1, [BLUE]: 1 });
  assert.equal(analytics.speed.unit, "m/s");
  assert.equal(analytics.series.length, SECONDS);
});

test("a job without analytics has no files of them", async () => {
  await using site = await openSmallSite();
  const video = join(site.folder, "walk.mp4");
  await writeClip(video, { seconds: 1 });
  const job = await site.submit(video);
  await site.ended(job);
  const result = await site.pipeline.jobs.result(job);
  assert.ok(!("events.jsonl" in result!.artifacts));
});
