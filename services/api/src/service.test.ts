import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startRedisServer } from "@framequeue/service/testing";
import { postJson, startTestApi } from "./testing/test-api.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

test("stop lets a request finish and takes no new one", async () => {
  const started = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  await using api = await startTestApi({
    resolveModel: async () => {
      started.resolve();
      await go.promise;
      return { role: "detector", name: "n", version: "1", sha256: "a".repeat(64) };
    },
  });
  const posting = postJson(`${api.url}/v1/jobs`, { source: { url: "https://h/a.mp4" } });
  await started.promise;
  const stopping = api.service.stop(60_000);
  assert.equal(api.service.state, "draining");
  await assert.rejects(fetch(api.url));
  go.resolve();
  assert.equal((await posting).status, 202);
  await stopping;
  assert.equal(api.service.state, "stopped");
});

test("at the deadline an upload is cut off, and what it left is cleared before stop is over", async () => {
  await using api = await startTestApi();
  const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
  socket.on("error", () => {});
  socket.write(
    "POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000000\r\n" +
      "Content-Type: multipart/form-data; boundary=b\r\n\r\n" +
      '--b\r\nContent-Disposition: form-data; name="file"; filename="v.mp4"\r\n\r\nhalf',
  );
  const jobs = join(api.folder, "objects/jobs");
  const files = (): Promise<string[]> => readdir(jobs, { recursive: true }).catch(() => []);
  while (!(await files()).some((name) => name.endsWith("~")));
  await api.service.stop(50);
  assert.deepEqual(await files(), []);
  socket.destroy();
});

test("main: starts from its environment, answers, and stops on SIGTERM", async () => {
  await using redis = await startRedisServer();
  const folder = await mkdtemp(join(tmpdir(), "fq-api-main-"));
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, REDIS_URL: redis.url, FQ_DATA_DIR: folder, FQ_API_PORT: "0" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = once(child, "exit");
  try {
    let url = "";
    for await (const line of createInterface({ input: child.stderr })) {
      const entry = JSON.parse(line) as { msg: string; url?: string };
      url ||= entry.url ?? "";
      if (entry.msg === "started") break;
    }
    child.stderr.resume();
    const answer = await postJson(`${url}/v1/jobs`, { source: { url: "https://h/a.mp4" } });
    assert.equal(answer.body.code, "model-not-found");
    assert.match(answer.body.detail!, /npm run models -- push yolox-nano/);
    assert.equal((await fetch(`${url}/healthz/ready`)).status, 200);
    child.kill("SIGTERM");
    assert.deepEqual(await exited, [0, null]);
  } finally {
    child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  }
});

test("main: a host for everybody without keys is refused with a sentence", async () => {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, FQ_API_HOST: "0.0.0.0", FQ_API_KEYS: "" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const said = await Array.fromAsync(createInterface({ input: child.stderr }));
  assert.match(said.join("\n"), /FQ_API_KEYS: must hold at least one key, because FQ_API_HOST is/);
  assert.equal(child.exitCode ?? (await once(child, "exit"))[0], 78);
});
