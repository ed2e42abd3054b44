import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { openAsBlob } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { listen } from "@framequeue/service";
import { writeClip } from "./clip.ts";
import { freePort } from "@framequeue/service/testing";
import { launch, openWorkshop, untilReady } from "./product.ts";

/** A span as OTLP carries it in JSON, as far as the test looks. */
interface Span {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { key: string; value: { stringValue?: string } }[];
  readonly links?: readonly { traceId: string; spanId: string }[];
}

/** Takes in what is exported by OTLP over HTTP as JSON. */
async function openCollector() {
  const spans: Span[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      for (const { resource, scopeSpans } of JSON.parse(body).resourceSpans) {
        const name = resource.attributes.find((a: any) => a.key === "service.name");
        const service = name.value.stringValue as string;
        for (const scope of scopeSpans)
          spans.push(...scope.spans.map((s: any) => ({ ...s, service })));
      }
      response.setHeader("content-type", "application/json").end("{}");
    });
  });
  const { url } = await listen(server, { host: "127.0.0.1", port: 0 }, "nothing");
  return {
    url,
    spans,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

test("one job is one trace with every stage in it; batches link to what they were made by", async () => {
  await using at = await openWorkshop();
  await using collector = await openCollector();
  const clip = join(at.folder, "clip.mp4");
  await writeClip(clip, { seconds: 2 });
  const port = await freePort();
  const child = launch(at, ["start", "--model", at.model], {
    FQ_API_PORT: String(port),
    FQ_FRAMES_DIR: join(at.folder, "frames"),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_BSP_SCHEDULE_DELAY: "100",
  });
  const exited = once(child, "exit") as Promise<[number | null]>;
  const asker = { trace: "0af7651916cd43dd8448eb211c80319c", span: "b7ad6b7169203331" };
  let job = "";
  const results: string[] = [];
  try {
    child.stderr!.resume();
    await untilReady(child);
    const form = new FormData();
    form.append("options", JSON.stringify({ options: { enhance: { normalize: true } } }));
    form.append("file", await openAsBlob(clip), "clip.mp4");
    const jobs = `http://localhost:${port}/v1/jobs`;
    const answer = await fetch(jobs, {
      method: "POST",
      body: form,
      headers: { traceparent: `00-${asker.trace}-${asker.span}-01` },
    });
    job = ((await answer.json()) as { id: string }).id;
    const view = async (): Promise<any> => (await fetch(`${jobs}/${job}`)).json();
    while (!["succeeded", "failed"].includes((await view()).state)) await sleep(50);
    assert.equal((await view()).state, "succeeded");
    for (const name of ["frames.jsonl", "tracks.jsonl", "summary.json"]) {
      results.push(await (await fetch(`${jobs}/${job}/results/${name}`)).text());
    }
  } finally {
    process.kill(-child.pid!, "SIGINT");
    assert.equal((await exited)[0], 0);
  }

  const trace = createHash("sha256").update(job).digest("hex").slice(0, 32);
  const spans = collector.spans.filter(({ traceId }) => traceId === trace);
  assert.equal(spans.length, collector.spans.length, "nothing else was exported");
  const stages = [
    "job",
    "run",
    "ingest",
    "decode",
    "enhance",
    "infer",
    "track",
    "index",
    "render",
    "finalize",
  ];
  const named = new Set(spans.map(({ name }) => name));
  for (const stage of stages) assert.ok(named.has(stage), `${stage} is in the trace`);
  const [root, ...others] = spans.filter(({ parentSpanId }) => !parentSpanId);
  assert.deepEqual([root?.name, root?.service, others.length], ["job", "api", 0]);
  assert.deepEqual(
    root?.links?.map(({ traceId, spanId }) => [traceId, spanId]),
    [[asker.trace, asker.span]],
  );
  for (const span of spans) {
    if (span !== root) assert.equal(span.parentSpanId, root.spanId, span.name);
    assert.ok(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano), span.name);
  }
  const idsOf = (name: string): Set<string> =>
    new Set(spans.filter((span) => span.name === name).map(({ spanId }) => spanId));
  for (const [name, before] of [
    ["enhance", "decode"],
    ["infer", "enhance"],
  ] as const) {
    for (const { links, attributes } of spans.filter((span) => span.name === name)) {
      assert.ok(attributes.some(({ key }) => key === "framequeue.batch"));
      assert.ok(
        links?.some(({ spanId }) => idsOf(before).has(spanId)),
        `${name} follows ${before}`,
      );
    }
  }
  assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, spans.length);
  for (const text of results) assert.ok(!text.includes(trace), "results know nothing of traces");
});
