import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { isTerminal, type JobId, type JobView } from "@framequeue/contracts";
import { testDetector, type TestDetectorOptions } from "@framequeue/graphs";
import { type ChaosSystem, startChaosSystem } from "../chaos/chaos-system.ts";
import { writeClip } from "./clip.ts";

/** A minute on a machine that has nothing else to do. */
const LIMIT = { timeout: 600_000 };

const run = promisify(execFile);
const SECONDS = 2;
/** From this frame on a picture is white all over, or nearly. */
const WHITE_FROM = 30;

interface Answer {
  readonly status: number;
  readonly body: any;
}

async function ask(system: ChaosSystem, path: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(`${system.apiUrls[0]}/v1/${path}`, init);
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
}

function post(system: ChaosSystem, path: string, body: object): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  return ask(system, path, { method: "POST", headers, body: JSON.stringify(body) });
}

async function upload(
  system: ChaosSystem,
  name: string,
  options: TestDetectorOptions,
): Promise<void> {
  const form = new FormData();
  form.append("name", name);
  form.append("version", "1");
  const bytes = testDetector({ width: 96, height: 64, batch: 1, ...options });
  form.append("file", new Blob([new Uint8Array(bytes)]), `${name}.onnx`);
  const { status, body } = await ask(system, "models", { method: "POST", body: form });
  assert.equal(status, 201, JSON.stringify(body));
}

async function submit(system: ChaosSystem, path: string, model: string): Promise<JobId> {
  // small batches, so that there are several with white pictures in them
  const execution = { batchFrames: 8 };
  const job = { source: { path }, model, render: false, execution };
  const { status, body } = await post(system, "jobs", job);
  assert.equal(status, 202, JSON.stringify(body));
  return body.id;
}

async function ended({ pipeline }: ChaosSystem, job: JobId): Promise<JobView> {
  for (;;) {
    const view = (await pipeline.jobs.view(job))!;
    if (isTerminal(view.state)) return view;
    await sleep(50);
  }
}

async function results(system: ChaosSystem, job: JobId): Promise<string> {
  const { artifacts } = (await system.pipeline.jobs.result(job))!;
  const texts = ["frames.jsonl", "tracks.jsonl", "mot.txt"].map(async (name) =>
    (await system.pipeline.objects.get(artifacts[name]!.key)).toString(),
  );
  return (await Promise.all(texts)).join("\n");
}

test(
  "models that loop or eat on some pictures are put into quarantine, and other jobs lose nothing",
  LIMIT,
  async () => {
    await using resources = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "fq-quarantine-"));
    resources.defer(() => rm(folder, { recursive: true, force: true }));
    const dark = join(folder, "dark.mp4");
    const white = join(folder, "white.mp4");
    await writeClip(dark, { seconds: SECONDS, size: "320x180" });
    await run("ffmpeg", [
      ...["-v", "error", "-i", dark, "-an", "-c:v", "libx264", "-preset", "veryfast"],
      ...["-vf", `drawbox=color=white:t=fill:enable='gte(n,${WHITE_FROM})'`, white],
    ]);
    const settings = { FQ_RUN_LIMIT_MS: "400", FQ_RUN_MEMORY_BYTES: String(2 ** 28) };
    const processes = { infer: 2 };
    const system = resources.use(
      await startChaosSystem(join(folder, "system"), folder, { settings, processes }),
    );
    const healthy = `${system.model.name}@${system.model.version}`;
    const undisturbed = await submit(system, white, healthy);
    assert.equal((await ended(system, undisturbed)).state, "succeeded");
    const right = await results(system, undisturbed);

    // Each passes the check: the picture that models are tried on is not white.
    await upload(system, "endless", { loopsOnWhite: true });
    await upload(system, "restless", { loopsOnWhite: true, height: 96 });
    await upload(system, "hungry", { eatsOnWhite: 16e9 });
    const bad = ["endless", "restless", "hungry"];
    const jobs = await Promise.all(bad.map((name) => submit(system, white, name)));
    const beside = await submit(system, white, healthy);
    for (const [i, job] of jobs.entries()) {
      const { state, problem } = await ended(system, job);
      assert.deepEqual([state, problem?.code], ["failed", "model-quarantined"], bad[i]);
      const bound = bad[i] === "hungry" ? "268 MB of memory" : "0.4 s of processor time";
      const name = new RegExp(`^${bad[i]}@1 is in quarantine, because runs of it took more than `);
      assert.match(problem!.detail, name);
      assert.ok(problem!.detail.includes(bound), problem!.detail);
    }
    const { state, warnings } = await ended(system, beside);
    assert.deepEqual([state, warnings], ["succeeded", []]);
    assert.equal(await results(system, beside), right);

    // No further job gets it, by whatever name; the list says so.
    const refused = await post(system, "jobs", { source: { path: dark }, model: "endless" });
    assert.deepEqual(
      [refused.status, refused.body.code, refused.body.at],
      [422, "model-quarantined", "model"],
    );
    const alias = await post(system, "models/endless/aliases/stable", { version: "1" });
    assert.deepEqual([alias.status, alias.body.code], [422, "model-quarantined"]);
    const { body: list } = await ask(system, "models");
    const shown = list.models.filter((model: any) => model.versions[0].quarantine !== undefined);
    assert.deepEqual(shown.map(({ name }: { name: string }) => name).sort(), bad.toSorted());
    const [version] = shown.find(({ name }: { name: string }) => name === "endless").versions;
    const { at, ...quarantine } = version.quarantine;
    assert.ok(Date.parse(at) <= Date.now());
    assert.deepEqual(quarantine, { bound: "time", limit: 400, job: jobs[0] });

    // Lifted, it serves: on pictures that it has an end on.
    const lift = { method: "DELETE" };
    const lifted = await ask(system, "models/endless/versions/1/quarantine", lift);
    assert.equal(lifted.status, 204);
    assert.equal((await ask(system, "models/endless")).body.versions[0].quarantine, undefined);
    const again = await submit(system, dark, "endless");
    assert.equal((await ended(system, again)).state, "succeeded");
  },
);
