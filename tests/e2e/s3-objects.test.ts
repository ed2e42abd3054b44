import assert from "node:assert/strict";
import { once } from "node:events";
import { openAsBlob } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isTerminal, type JobView } from "@framequeue/contracts";
import { createS3Store } from "@framequeue/storage";
import { noS3Server, startS3Server } from "@framequeue/storage/testing";
import { writeClip } from "./clip.ts";
import { freePort } from "@framequeue/service/testing";
import { analyze, launch, openWorkshop, untilReady } from "./product.ts";

const missing = noS3Server();

test(
  `services as processes over a bucket: the same result, and no file beside it${missing ? ` (${missing})` : ""}`,
  { skip: missing },
  async () => {
    await using at = await openWorkshop();
    await using server = await startS3Server();
    const bucket = await server.bucket();
    await using store = createS3Store({ ...bucket, prefix: "site" });
    const clip = join(at.folder, "clip.mp4");
    await writeClip(clip, { seconds: 12 });
    const port = await freePort();
    const child = launch(at, ["start", "--model", at.model], {
      FQ_API_PORT: String(port),
      FQ_FRAMES_DIR: join(at.folder, "frames"),
      FQ_OBJECT_STORE: "s3",
      FQ_OBJECTS_DIR: "/nowhere/objects",
      FQ_S3_BUCKET: bucket.bucket,
      FQ_S3_PREFIX: "site",
      FQ_S3_ENDPOINT: server.endpoint,
      AWS_ACCESS_KEY_ID: bucket.credentials!.accessKeyId,
      AWS_SECRET_ACCESS_KEY: bucket.credentials!.secretAccessKey,
    });
    const exited = once(child, "exit");
    try {
      await untilReady(child);
      child.stderr!.resume();
      const jobs = `http://127.0.0.1:${port}/v1/jobs`;
      const form = new FormData();
      form.append("options", JSON.stringify({ execution: { segmentSeconds: 1 } }));
      form.append("file", await openAsBlob(clip), "clip.mp4");
      const submitted = await fetch(jobs, { method: "POST", body: form });
      assert.equal(submitted.status, 202);
      const { id } = (await submitted.json()) as { id: string };
      let job: JobView;
      do {
        await sleep(100);
        job = (await (await fetch(`${jobs}/${id}`)).json()) as JobView;
      } while (!isTerminal(job.state));
      assert.equal(job.state, "succeeded", JSON.stringify(job));
      const frames = await (await fetch(`${jobs}/${id}/results/frames.jsonl`)).text();
      const video = `${jobs}/${id}/results/annotated.mp4`;
      const head = await fetch(video, { headers: { range: "bytes=4-7" } });
      assert.equal(head.status, 206);
      assert.equal(await head.text(), "ftyp");

      const { code } = await analyze(at, [clip, "--model", at.model, "--no-video", "--out", "out"]);
      assert.equal(code, 0);
      assert.equal(frames, await readFile(join(at.folder, "out/clip/frames.jsonl"), "utf8"));
      const keys = await Array.fromAsync(store.list(""));
      assert.ok(
        keys.some((key) => key.includes(id)) && keys.some((key) => key.startsWith("models/")),
      );
    } finally {
      process.kill(-child.pid!, "SIGINT");
      await exited;
    }
  },
);
