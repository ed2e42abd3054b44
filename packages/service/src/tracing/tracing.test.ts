import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { z } from "zod";
import { ConfigError, readConfig } from "../config/config.ts";
import { listen } from "../process/listen.ts";
import { createLogger } from "../process/logger.ts";
import { parseTraceparent, spanIdOf, traceIdsOf } from "./trace-ids.ts";
import { createTracer, ROOT } from "./tracer.ts";
import { tracingConfig, tracingSettings } from "./tracing-config.ts";

const logger = createLogger({ name: "test", level: "silent" });
const settingsOf = (env: Record<string, string>) =>
  tracingSettings(readConfig(z.object(tracingConfig), env));

test("a job's ids follow from its name", () => {
  const { trace, root } = traceIdsOf("j1");
  // printf %s j1 | sha256sum
  assert.equal(trace, "08243666f926aa4e5b884b8ef1fc3b93");
  assert.equal(root, "d19e191a79358153");
  assert.notEqual(spanIdOf("infer-j1#1"), spanIdOf("infer-j1#2"));
});

test("a traceparent is read, and what is none is not", () => {
  const [trace, span] = ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"];
  assert.deepEqual(parseTraceparent(`00-${trace}-${span}-01`), { trace, span });
  for (const text of [undefined, "", "00-x-y-01", `00-${"0".repeat(32)}-${span}-01`]) {
    assert.equal(parseTraceparent(text), undefined);
  }
});

test("off unless the standard variables say where traces go", () => {
  assert.equal(settingsOf({}).exporter, "none");
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };
  assert.equal(settingsOf(endpoint).exporter, "otlp");
  assert.equal(settingsOf({ OTEL_TRACES_EXPORTER: "console" }).exporter, "console");
  assert.equal(settingsOf({ ...endpoint, OTEL_TRACES_EXPORTER: "none" }).exporter, "none");
  assert.equal(settingsOf({ ...endpoint, OTEL_SDK_DISABLED: "true" }).exporter, "none");
  const ratio = {
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.25",
  };
  assert.equal(settingsOf(ratio).ratio, 0.25);
  assert.throws(() => settingsOf({ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }), ConfigError);
});

test("where nothing is exported there is no tracer", async () => {
  assert.equal(await createTracer(settingsOf({}), "infer", logger), undefined);
});

test("spans of several services are one trace, with links, and go out before the end", async () => {
  const spans: any[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      for (const resource of JSON.parse(body).resourceSpans) {
        const service = resource.resource.attributes.find((a: any) => a.key === "service.name");
        for (const scope of resource.scopeSpans) {
          spans.push(
            ...scope.spans.map((s: any) => ({ ...s, service: service.value.stringValue })),
          );
        }
      }
      response.setHeader("content-type", "application/json").end("{}");
    });
  });
  const { url } = await listen(server, { host: "127.0.0.1", port: 0 }, "nothing");
  process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = url;
  try {
    const settings = settingsOf({
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    });
    const at = { job: "j1", startMs: 1_700_000_000_000, endMs: 1_700_000_002_000, attributes: {} };
    const asker = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for (const service of ["api", "decode", "infer"]) {
      await using tracer = await createTracer(settings, service, logger);
      assert.ok(tracer);
      if (service === "api") tracer.record({ ...at, name: "job", span: ROOT, askedBy: asker });
      const span = tracer.spanOf("j1", `${service}#1`);
      const follows = service === "infer" ? [spanIdOf("decode#1"), spanIdOf("decode#1")] : [];
      const error =
        service === "infer"
          ? { error: new Error("no luck with https://user:word@example.org/v?key=1") }
          : {};
      if (service !== "api") tracer.record({ ...at, name: service, span, follows, ...error });
    }
  } finally {
    delete process.env["OTEL_EXPORTER_OTLP_ENDPOINT"];
    server.closeAllConnections();
    server.close();
  }
  const { trace, root } = traceIdsOf("j1");
  assert.deepEqual(
    spans.map(({ name, service, traceId, spanId, parentSpanId }) => [
      name,
      service,
      traceId,
      spanId,
      parentSpanId || undefined,
    ]),
    [
      ["job", "api", trace, root, undefined],
      ["decode", "decode", trace, spanIdOf("decode#1"), root],
      ["infer", "infer", trace, spanIdOf("infer#1"), root],
    ],
  );
  assert.deepEqual(
    spans.map(({ links }) => (links ?? []).map((link: any) => link.spanId)),
    [["b7ad6b7169203331"], [], [spanIdOf("decode#1")]],
  );
  assert.deepEqual(
    [spans[2].status.code, spans[2].status.message],
    [2, "no luck with https://***@example.org/v?***"],
  );
  assert.equal(spans[1].startTimeUnixNano, "1700000000000000000");
});

test("all services trace the same part of the jobs", async () => {
  const settings = {
    exporter: "console",
    protocol: "http/json",
    ratio: 0.3,
    delayMs: 1_000,
  } as const;
  await using one = await createTracer(settings, "decode", logger);
  await using two = await createTracer(settings, "infer", logger);
  const jobs = Array.from({ length: 1_000 }, (_, i) => `j${i}`);
  const traced = jobs.filter((job) => one!.fieldsOf(job).traceId !== undefined);
  assert.deepEqual(
    jobs.filter((job) => two!.spanOf(job, "x") !== undefined),
    traced,
  );
  assert.ok(traced.length > 200 && traced.length < 400, String(traced.length));
});
