import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { acceptJob, newToken, type PartRow } from "@framequeue/contracts";
import { createMemoryFrameStore } from "@framequeue/frames";
import { DEFAULT_TOOLS, type MediaTools, openDecoder, probe, scanPackets } from "@framequeue/media";
import {
  type KeptPlan,
  moveCursor,
  objectKeys,
  openPipeline,
  type StageRunner,
  type TaskContext,
} from "@framequeue/pipeline";
import { startRedisServer } from "@framequeue/service/testing";
import { createFolderStore } from "@framequeue/storage";
import { createRenderService } from "./service.ts";

const FRAMES = 50;

/** Left edge of the block. */
const boxAt = (frame: number): number => 4 + 2 * frame;

const CONTEXT: TaskContext = {
  signal: new AbortController().signal,
  delivery: "delivery",
  suspect: false,
  failures: 0,
  count: () => {},
  span: undefined,
  follow: () => {},
  idle: (wait) => wait,
};

/** A site with one job, whose frames are tracked: a block that goes from left to right. Its video is to be written. */
async function openScene() {
  await using resources = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "fq-render-test-"));
  resources.defer(() => rm(folder, { recursive: true }));
  const path = join(folder, "black.mp4");
  await promisify(execFile)("ffmpeg", [
    ...["-v", "error", "-f", "lavfi", "-i", `color=black:s=160x96:r=25:d=${FRAMES / 25}`],
    ...["-c:v", "libx264", "-bf", "2", path],
  ]);
  const media = await probe(path);
  const { pts } = await scanPackets(path, media.streamIndex, { info: media });
  const redis = resources.use(await startRedisServer());
  const objects = createFolderStore(join(folder, "objects"));
  const frames = resources.use(createMemoryFrameStore());
  const pipeline = resources.use(
    openPipeline({ redisUrl: redis.url, site: "here", objects, frames, frameBudgetBytes: 1e6 }),
  );
  const [epoch, lease, tok] = [newToken(), newToken(), newToken()];
  const { ledger } = pipeline;
  const source = { kind: "file", path, name: "black.mp4" } as const;
  const models = [
    { role: "detector", name: "nano", version: "1", sha256: "0".repeat(64) } as const,
  ];
  const accepted = acceptJob({ source, models, render: true });
  const job = accepted.id;
  const plan: KeptPlan = {
    ...{ v: 1, source, sourceSha256: "0".repeat(64), media, mode: "sequential" },
    ...{ frame: { layout: "gbrp", width: 160, height: 96 }, segments: [{ frames: FRAMES }] },
    ...{ batchFrames: FRAMES, minScore: 0.5, labels: ["block"], expectedFrames: FRAMES },
  };
  await pipeline.jobs.submit(accepted);
  await objects.put(objectKeys.plan(job, epoch), JSON.stringify(plan));
  await ledger.validate(job);
  await ledger.plan(job, epoch, {
    ...{ mode: "sequential", segments: 1, window: 2, openSegments: 1, attempts: 1 },
    ...{ enhance: false, steps: ["index", "render", "finalize"], total: FRAMES },
  });
  await ledger.segBegin(job, epoch, 0, lease, "delivery");
  await ledger.acquire(job, epoch, 0, lease, 0, tok, 12);
  await ledger.publish(job, epoch, 0, lease, 0, tok, FRAMES, 0);
  await ledger.begin(job, epoch, "0.0", lease, "infer");
  await ledger.commit(job, epoch, "0.0", lease, 0, FRAMES, "nothing looks there");
  await ledger.returned(job, epoch, "0.0", tok);
  await ledger.segEnd(job, epoch, 0, lease, { batches: 1 });
  const rows = [...pts.toSorted()].map((each, frame): PartRow => {
    return {
      frame,
      pts: each,
      detections: [[boxAt(frame), 40, 20, 20, 0.9, 0]],
      tracks: [[1, boxAt(frame), 40, 20, 20, 0, 0.9, 0]],
    };
  });
  const track = { v: 1, stage: "track", job, epoch, q: 1 } as const;
  await moveCursor(pipeline, track, CONTEXT, async () => ({ rows, checkpoint: "{}" }));

  const services = new AsyncDisposableStack();
  const outcomes: string[] = [];
  let counted = 0;
  const held = resources.move();
  return {
    ...{ pipeline, folder, outcomes },
    counted: () => counted,
    async start(tools: MediaTools = DEFAULT_TOOLS): Promise<StageRunner> {
      const service = createRenderService(pipeline, {
        ...{ concurrency: 1, tools },
        events: {
          onTask: ({ outcome }) => outcomes.push(outcome),
          onWork: ({ frames: count }) => void (counted += count),
        },
      });
      services.defer(() => service.stop(0));
      await service.start();
      return service;
    },
    async ended(times: number): Promise<void> {
      while (outcomes.length < times) await sleep(5);
    },
    async report() {
      const { render } = (await ledger.read(job))!;
      if (render === undefined) return undefined;
      return JSON.parse((await objects.get(render)).toString());
    },
    /** The real ffmpeg, after that line of shell. */
    async tools(line: string): Promise<MediaTools> {
      const ffmpeg = join(folder, "ill-ffmpeg");
      await writeFile(ffmpeg, `#!/bin/sh\n${line}\nexec ffmpeg "$@"\n`);
      await chmod(ffmpeg, 0o755);
      return { ...DEFAULT_TOOLS, ffmpeg };
    },
    async [Symbol.asyncDispose]() {
      await services[Symbol.asyncDispose]();
      await held[Symbol.asyncDispose]();
    },
  };
}

test("every frame of the source is written, with what was found drawn into it", async () => {
  await using scene = await openScene();
  await scene.start();
  await scene.ended(1);
  assert.deepEqual(scene.outcomes, ["done"]);
  assert.equal(scene.counted(), FRAMES);
  const { artifact, warning } = await scene.report();
  assert.equal(warning, undefined);
  await using video = await scene.pipeline.objects.localCopy(artifact.key);
  const info = await probe(video.path);
  assert.deepEqual([info.codec, info.width, info.height], ["h264", 160, 96]);
  const size = { width: 160, height: 96 };
  await using reader = openDecoder(video.path, {
    ...{ info, segment: { frames: 0 }, frame: size, layout: "gbrp" },
  });
  const picture = new Uint8Array(reader.frameBytes);
  const edges: number[] = [];
  while ((await reader.read(picture, 1)).length > 0) {
    const across = [0, 1, 2].map((plane) =>
      picture.subarray((plane * 96 + 50) * 160).subarray(0, 160),
    );
    edges.push(across[0]!.findIndex((_, x) => across.some((line) => line[x]! > 60)));
  }
  assert.equal(edges.length, FRAMES);
  for (const [frame, x] of edges.entries()) assert.ok(Math.abs(x - boxAt(frame)) <= 3, `${edges}`);
});

test("an ffmpeg that is killed is tried again, and counts; in the end there is a warning instead", async () => {
  await using scene = await openScene();
  await scene.start(await scene.tools("kill -9 $$"));
  await scene.ended(3);
  assert.deepEqual(scene.outcomes, ["retry", "retry", "done"]);
  const { warning } = await scene.report();
  assert.equal(warning.code, "render-failed");
  assert.match(warning.detail, /^Annotating black\.mp4 was killed before it was done\./);
});

test("a video that cannot be written is a warning at once", async () => {
  await using scene = await openScene();
  await scene.start(await scene.tools("echo '[x264 @ 0x1] [error] No such preset' >&2; exit 1"));
  await scene.ended(1);
  assert.deepEqual(scene.outcomes, ["done"]);
  const { warning } = await scene.report();
  assert.equal(warning.code, "render-failed");
});

test("a disk that is full is waited for, and no attempt counts", async () => {
  await using scene = await openScene();
  const full = join(scene.folder, "full");
  await writeFile(full, "");
  const line = `[ -e ${full} ] && for last; do :; done && ln -sf /dev/full "\${last#file:}"`;
  await scene.start(await scene.tools(line));
  await scene.ended(3);
  await rm(full);
  while ((await scene.report()) === undefined) await sleep(5);
  await scene.ended(4);
  assert.deepEqual(new Set(scene.outcomes), new Set(["waits", "done"]));
  assert.equal((await scene.report()).warning, undefined);
});

test("who is stopped hands the video back, and the next one writes it", async () => {
  await using scene = await openScene();
  const started = join(scene.folder, "started");
  const service = await scene.start(await scene.tools(`touch ${started}; exec sleep 600`));
  while (!existsSync(started)) await sleep(5);
  await service.stop(0);
  assert.deepEqual(scene.outcomes, ["handed-back"]);
  assert.equal(await scene.report(), undefined);
  await scene.start();
  await scene.ended(2);
  assert.deepEqual(scene.outcomes, ["handed-back", "done"]);
  assert.equal((await scene.report()).warning, undefined);
});
