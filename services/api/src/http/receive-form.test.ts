import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir, truncate, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { type JobView, ProblemError } from "@framequeue/contracts";
import { call, startTestApi, type TestApi } from "../testing/test-api.ts";
import { withoutCurl } from "../testing/curl.ts";

let api: TestApi;
let jobs: string;
before(async () => {
  api = await startTestApi({ uploadLimitBytes: 60_000_000 });
  jobs = `${api.url}/v1/jobs`;
});
after(() => api[Symbol.asyncDispose]());

const curl = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)("curl", ["-sS", "--max-time", "60", ...args])).stdout;

type Part = readonly [name: string, value: string | Blob, filename?: string];
const file: Part = ["file", new Blob(["video"]), "v.mp4"];

function form(...parts: readonly Part[]): RequestInit {
  const body = new FormData();
  for (const [name, value, filename] of parts) {
    if (typeof value === "string") body.append(name, value);
    else body.append(name, value, filename);
  }
  return { method: "POST", body };
}

test("options may come before or after the file", async () => {
  const options: Part = ["options", JSON.stringify({ render: false, options: { minScore: 0.7 } })];
  for (const parts of [
    [options, file],
    [file, options],
  ]) {
    const { status, body } = await call(jobs, form(...parts));
    assert.equal(status, 202);
    assert.equal(body.source.name, "v.mp4");
    const job = await api.pipeline.jobs.accepted(body.id);
    assert.equal(job?.render, false);
    assert.equal(job?.options.minScore, 0.7);
    assert.equal(String(await api.pipeline.objects.get(`jobs/${body.id}/source/v.mp4`)), "video");
  }
  assert.equal((await call(jobs, form(file))).status, 202);
});

test("what the options say is refused before the file behind them is taken in", async () => {
  const sent = (options: object): RequestInit =>
    form(
      ["options", JSON.stringify(options)],
      ["file", new Blob([randomBytes(40_000_000)]), "v.mp4"],
    );
  for (const [options, code, at] of [
    [{ model: "nosuch" }, "model-not-found", "model"],
    [{ options: { labels: ["nosuch"] } }, "invalid-request", "options.labels"],
    [{ analytics: { labels: ["nosuch"] } }, "invalid-request", "analytics.labels"],
    [{ options: { tracker: { algorithm: "deepsort" } } }, "invalid-request", "embedder"],
  ] as const) {
    const { status, body } = await call(jobs, sent(options));
    assert.deepEqual([body.code, body.at, status >= 400], [code, at, true], JSON.stringify(body));
  }
});

test("curl's upload arrives byte by byte, under its name", { skip: withoutCurl }, async () => {
  const path = join(api.folder, "v.mp4");
  const content = randomBytes(5_000_000);
  await writeFile(path, content);
  const answer = JSON.parse(
    await curl("-F", `file=@${path};filename=Überwachung 1.mp4`, jobs),
  ) as JobView;
  assert.equal(answer.source.name, "Überwachung 1.mp4");
  assert.ok(
    content.equals(await api.pipeline.objects.get(`jobs/${answer.id}/source/_berwachung_1.mp4`)),
  );
});

test("a large upload passes through without being held", { skip: withoutCurl }, async () => {
  await using large = await startTestApi({ uploadLimitBytes: 1e9 });
  const path = join(large.folder, "large.mp4");
  const upload = async (bytes: number): Promise<void> => {
    await writeFile(path, "");
    await truncate(path, bytes);
    await curl("--fail", "-F", `file=@${path}`, `${large.url}/v1/jobs`);
  };
  await upload(50_000_000); // the buffers in flight are there from here on
  const before = process.memoryUsage().rss;
  let peak = before;
  const sampling = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 5);
  await upload(300_000_000);
  clearInterval(sampling);
  assert.ok(peak - before < 100_000_000, `memory grew by ${peak - before} bytes`);
});

test("forms that are wrong are told, and leave nothing", async () => {
  const raw = (type: string, body: string): RequestInit => ({
    method: "POST",
    headers: { "content-type": type },
    body,
  });
  const table: [RequestInit, number, string, string | undefined, RegExp][] = [
    [form(["options", "{}"]), 400, "invalid-request", "file", /no file/],
    [form(file, file), 400, "invalid-request", "file", /two files/],
    [form(["video", new Blob(["v"]), "v.mp4"]), 400, "unknown-option", "video", /no field "video"/],
    [form(file, ["model", "x"]), 400, "unknown-option", "model", /file.*options/],
    [
      form(["options", new Blob(["{}"]), "o.json"], file),
      400,
      "invalid-request",
      "options",
      /options=<FILE/,
    ],
    [form(["file", "v.mp4"]), 400, "invalid-request", "file", /file=@video\.mp4/],
    [form(["options", "{"], file), 400, "invalid-json", "options", /not JSON/],
    [form(file, ["options", "{"]), 400, "invalid-json", "options", /not JSON/],
    [form(file, ["options", '{"x":1}']), 400, "unknown-option", "x", /no option x/],
    [form(file, ["options", '{"source":{}}']), 400, "unknown-option", "source", /no option source/],
    [form(["options", "{}"], ["options", "{}"], file), 400, "invalid-request", undefined, /twice/],
    [
      form(["options", `"${"x".repeat(1_100_000)}"`], file),
      413,
      "payload-too-large",
      "options",
      /options/,
    ],
    [form(file, ["options", '{"model":"nope"}']), 422, "model-not-found", "model", /nope/],
    [form(["file", new Blob([]), "v.mp4"]), 422, "source-empty", "file", /v\.mp4 is empty/],
    [
      form(["file", new Blob([new Uint8Array(61_000_000)]), "v.mp4"]),
      413,
      "payload-too-large",
      undefined,
      /60000000 bytes/,
    ],
    [raw("multipart/form-data", "x"), 400, "invalid-request", undefined, /boundary/i],
    [raw("multipart/form-data; boundary=b", "x"), 400, "invalid-request", undefined, /not well/],
    [
      raw(
        "multipart/form-data; boundary=b",
        '--b\r\ncontent-disposition: form-data; name="file"; filename="v.mp4"\r\n\r\nhalf of it',
      ),
      400,
      "invalid-request",
      undefined,
      /not well formed: Unexpected end of form/,
    ],
    [
      form(...Array.from({ length: 12 }, (): Part => ["options", "{}"])),
      400,
      "invalid-request",
      undefined,
      /twice|too many/,
    ],
  ];
  const before = await api.objects();
  for (const [init, status, code, at, detail] of table) {
    const answer = await call(jobs, init);
    assert.deepEqual([answer.status, answer.body.code], [status, code], answer.body.detail);
    assert.equal(answer.body.at, at);
    assert.match(answer.body.detail!, detail);
    assert.deepEqual(await api.objects(), before, code);
  }
  assert.deepEqual(
    api.log.filter(({ level }) => level === "error" || level === "warn"),
    [],
  );
});

test(
  "curl is told about a wrong upload before it has sent all of it",
  { skip: withoutCurl },
  async () => {
    const path = join(api.folder, "large.mp4");
    await writeFile(path, new Uint8Array(70_000_000));
    const answer = JSON.parse(await curl("-F", "options={", "-F", `file=@${path}`, jobs)) as object;
    assert.equal((answer as { code: string }).code, "invalid-json");
  },
);

test("a client that goes away in the middle leaves nothing", async () => {
  const before = await api.objects();
  const { port } = new URL(api.url);
  const socket = connect(Number(port), "127.0.0.1");
  await once(socket, "connect");
  socket.write(
    "POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: gone\r\nContent-Length: 50000000\r\n" +
      "Content-Type: multipart/form-data; boundary=b\r\n\r\n" +
      '--b\r\nContent-Disposition: form-data; name="file"; filename="v.mp4"\r\n\r\n',
  );
  socket.write(randomBytes(1_000_000));
  const folder = join(api.folder, "objects/jobs");
  const halves = async (): Promise<string[]> =>
    (await readdir(folder, { recursive: true })).filter((name) => name.endsWith("~"));
  await until(async () => (await halves()).length === 1);
  socket.destroy();
  await until(() => Promise.resolve(api.log.some(({ requestId }) => requestId === "gone")));
  await until(async () => (await halves()).length === 0);
  assert.deepEqual(await api.objects(), before);
  assert.equal(api.log.find(({ requestId }) => requestId === "gone")?.["status"], 499);
});

test("a store that is full is said, and leaves nothing", async () => {
  const { objects } = api.pipeline;
  await using full = await startTestApi({
    objects: {
      ...objects,
      putStream: async (_key, body) => {
        await once(body, "readable");
        throw new ProblemError("store-full", "No room left.");
      },
    },
  });
  const answer = await call(`${full.url}/v1/jobs`, form(file));
  assert.deepEqual([answer.status, answer.body.code], [507, "store-full"]);
  assert.deepEqual(await full.objects(), []);
  assert.equal(full.log.filter(({ level }) => level === "warn").length, 1);
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}
