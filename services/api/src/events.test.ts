import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import type { JobId, JobView } from "@framequeue/contracts";
import { startTestApi, type TestApi } from "./testing/test-api.ts";
import { withoutCurl } from "./testing/curl.ts";

let api: TestApi;
before(async () => {
  api = await startTestApi();
});
after(() => api[Symbol.asyncDispose]());

interface Event {
  readonly event: string;
  readonly id: string;
  readonly view: JobView;
}

/** The events of a stream as they come, until the server closes it. */
async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<Event> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      const field = (name: string): string | undefined =>
        new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
      const data = field("data");
      if (data === undefined) continue;
      yield { event: field("event")!, id: field("id")!, view: JSON.parse(data) as JobView };
    }
  }
}

const open = (job: JobId, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${api.url}/v1/jobs/${job}/events`, { headers });

async function nextEvent(stream: AsyncGenerator<Event>): Promise<Event> {
  const { value, done } = await stream.next();
  assert.ok(!done, "the stream has ended");
  return value;
}

test("the job at once, every change of the ledger, and the end; then the server closes", async () => {
  const { ledger } = api.pipeline;
  const job = await api.job();
  const response = await open(job);
  assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  const stream = events(response.body!);
  const first = await nextEvent(stream);
  assert.deepEqual([first.event, first.view.state], ["progress", "queued"]);
  await ledger.validate(job);
  assert.equal((await nextEvent(stream)).view.state, "validating");
  await ledger.plan(job, "ep", {
    mode: "parallel",
    segments: 1,
    window: 12,
    openSegments: 2,
    attempts: 3,
    enhance: false,
    steps: ["index", "finalize"],
    total: 77,
  });
  const running = await nextEvent(stream);
  assert.deepEqual([running.view.state, running.view.progress.total], ["running", 77]);
  await ledger.noteRendered(job, 5);
  assert.equal((await nextEvent(stream)).view.progress.rendered, 5);
  await api.finish(job, { "mot.txt": Buffer.from("1") });
  const done = await nextEvent(stream);
  assert.deepEqual([done.event, done.view.state], ["progress", "succeeded"]);
  const end = await nextEvent(stream);
  assert.deepEqual([end.event, end.id, end.view.state], ["end", "end", "succeeded"]);
  assert.ok(end.view.results["mot.txt"]);
  assert.ok((await stream.next()).done);
});

test("ids are of the content; who saw the end is told to stay away", async () => {
  const job = await api.job();
  const ids: string[] = [];
  for (let i = 0; i < 2; i++) {
    const response = await open(job);
    const stream = events(response.body!);
    ids.push((await nextEvent(stream)).id);
    await stream.return(undefined);
  }
  assert.equal(ids[0], ids[1]);
  await api.pipeline.jobs.cancel(job);
  const after = await Array.fromAsync(events((await open(job)).body!));
  assert.deepEqual(
    // The look that others shared just before may come first.
    after.slice(-2).map(({ event, view }) => [event, view.state]),
    [
      ["progress", "cancelled"],
      ["end", "cancelled"],
    ],
  );
  assert.equal((await open(job, { "last-event-id": "end" })).status, 204);
});

test("many listeners of one job", async () => {
  const job = await api.job();
  // Each is read from at once: fetch cancels a body that nobody reads when its Response is collected.
  const streams = await Promise.all(
    Array.from({ length: 30 }, async () => {
      const stream = events((await open(job)).body!);
      assert.equal((await nextEvent(stream)).view.state, "queued");
      return stream;
    }),
  );
  await api.pipeline.jobs.cancel(job);
  const rests = await Promise.all(streams.map((stream) => Array.fromAsync(stream)));
  for (const rest of rests) assert.equal(rest.at(-1)?.event, "end");
});

test("curl -N reads it", { skip: withoutCurl }, async () => {
  const job = await api.job();
  await api.finish(job, {});
  const { stdout } = await promisify(execFile)("curl", [
    "-sSN",
    `${api.url}/v1/jobs/${job}/events`,
  ]);
  assert.match(
    stdout,
    /^retry: 1000\n\nevent: progress\nid: \S+\ndata: \{.*\}\n\nevent: end\nid: end\n/,
  );
  const head = await fetch(`${api.url}/v1/jobs/${job}/events`, { method: "HEAD" });
  assert.equal(head.status, 200);
});

test("stopping ends the streams of jobs that go on, without an end event", async () => {
  await using own = await startTestApi();
  const job = await own.job();
  const response = await fetch(`${own.url}/v1/jobs/${job}/events`);
  const stream = events(response.body!);
  await nextEvent(stream);
  await own.service.stop(60_000);
  assert.deepEqual(await Array.fromAsync(stream), []);
  assert.equal(own.service.state, "stopped");
});
