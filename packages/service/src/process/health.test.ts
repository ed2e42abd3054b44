import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { startHealthServer } from "./health.ts";
import { listen } from "./listen.ts";
import { createMetrics } from "../telemetry/metrics.ts";

test("live, ready, metrics, and what is not there", async () => {
  let ready: () => boolean | Promise<boolean> = () => true;
  await using health = await startHealthServer({
    host: "127.0.0.1",
    port: 0,
    ready: () => ready(),
    registry: createMetrics(),
  });
  const get = async (path: string, init?: RequestInit): Promise<[number, string]> => {
    const response = await fetch(health.url + path, init);
    return [response.status, await response.text()];
  };
  assert.deepEqual(await get("/healthz/live"), [200, '{"status":"live"}\n']);
  assert.deepEqual(await get("/healthz/ready?verbose"), [200, '{"status":"ready"}\n']);
  ready = () => Promise.resolve(false);
  assert.deepEqual(await get("/healthz/ready"), [503, '{"status":"not-ready"}\n']);
  ready = () => {
    throw new Error("no");
  };
  assert.equal((await get("/healthz/ready"))[0], 503);
  assert.equal((await get("/healthz/live"))[0], 200);
  const [status, text] = await get("/metrics");
  assert.equal(status, 200);
  assert.match(text, /^process_cpu_seconds_total /m);
  assert.equal((await get("/else"))[0], 404);
  assert.equal((await get("/metrics", { method: "POST" }))[0], 405);
});

test("a taken port is refused with a sentence that says what to change", async () => {
  const first = createServer();
  const second = createServer();
  const { port, url } = await listen(first, { host: "127.0.0.1", port: 0 }, "FQ_X");
  try {
    assert.equal(url, `http://127.0.0.1:${port}`);
    await assert.rejects(listen(second, { host: "127.0.0.1", port }, "FQ_X"), {
      message: `Cannot listen on 127.0.0.1:${port}: another program listens there. Change FQ_X.`,
    });
    await assert.rejects(listen(second, { host: "192.0.2.1", port: 0 }, "FQ_X"), /no such address/);
  } finally {
    first.close();
  }
});
