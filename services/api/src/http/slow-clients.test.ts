import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { CLIENT_BOUNDS } from "@framequeue/service";
import { startTestApi, type TestApi } from "../testing/test-api.ts";

let api: TestApi;
before(async () => {
  const rate = { bytesPerSecond: 10_000, windowMs: 300 };
  api = await startTestApi({}, undefined, {
    ...CLIENT_BOUNDS,
    ...{ body: rate, answer: rate, idleMs: 300 },
  });
});
after(() => api[Symbol.asyncDispose]());

const HOST = "Host: localhost\r\n";
const part = (name: string): string =>
  `--b\r\nContent-Disposition: form-data; name="${name}"; filename="v.mp4"\r\n\r\n`;
const form = (path: string): string =>
  `POST ${path} HTTP/1.1\r\n${HOST}Content-Length: 50000000\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n${part("file")}`;

async function client(begin: string): Promise<Socket> {
  const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(begin);
  return socket;
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => void socket.once("close", () => resolve()));

for (const path of ["/v1/jobs", "/v1/models"]) {
  test(`an upload to ${path} that trickles is given up, and leaves nothing`, async () => {
    const kept = await api.objects();
    const socket = await client(form(path));
    socket.write(randomBytes(100_000));
    const timer = setInterval(() => socket.write("x"), 10);
    socket.resume();
    await closed(socket);
    clearInterval(timer);
    const left = async (): Promise<string[]> =>
      (await readdir(join(api.folder, "objects"), { recursive: true })).filter((name) =>
        name.endsWith("~"),
      );
    while ((await left()).length > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(await api.objects(), kept);
  });
}

test("a result that nobody takes is broken off, and one that is taken is not", async () => {
  const job = await api.job();
  const file = randomBytes(50_000_000);
  await api.finish(job, { "frames.jsonl": file });
  const path = `/v1/jobs/${job}/results/frames.jsonl`;
  const socket = await client(`GET ${path} HTTP/1.1\r\n${HOST}X-Request-Id: lazy\r\n\r\n`);
  const told = (): boolean => api.log.some(({ requestId }) => requestId === "lazy");
  while (!told()) await new Promise((resolve) => setImmediate(resolve));
  socket.destroy();
  const taken = await (await fetch(api.url + path)).arrayBuffer();
  assert.ok(file.equals(Buffer.from(taken)));
});

test("a listener to events may hear nothing for as long as nothing happens", async () => {
  const job = await api.job();
  const socket = await client(`GET /v1/jobs/${job}/events HTTP/1.1\r\n${HOST}\r\n`);
  let heard = "";
  socket.on("data", (piece: Buffer) => void (heard += piece.toString()));
  const over = closed(socket);
  const idle = await client("");
  idle.resume();
  await closed(idle); // so long at least
  assert.equal(socket.closed, false);
  await api.pipeline.jobs.cancel(job);
  while (!heard.includes("event: end")) await Promise.race([once(socket, "data"), over]);
  socket.destroy();
});
