import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import type { RequestListener, Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import type { ProblemCode } from "@framequeue/contracts";
import { ProblemError } from "@framequeue/contracts";
import type { CatalogueEntry } from "./catalogue.ts";
import type { PullOptions } from "./pull.ts";
import { pullModel } from "./pull.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { testManifest } from "../testing/test-manifest.ts";

const content = Buffer.alloc(200_000, "model ");
const sha256 = createHash("sha256").update(content).digest("hex");
const entry: CatalogueEntry = {
  name: "blobs",
  url: "http://models.invalid/some/path.onnx",
  sha256,
  bytes: content.length,
  license: "Apache-2.0",
  manifest: testManifest(content),
};
const catalogue = [entry];

async function serve(
  listener: RequestListener,
): Promise<AsyncDisposable & { readonly url: string; readonly server: Server }> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    server,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Pulls from a server into a new folder; tells what was thrown and what the folder holds after. */
async function pullFrom(
  listener: RequestListener,
  options: Partial<PullOptions> = {},
): Promise<{ error: unknown; files: string[] }> {
  await using folder = await temporaryFolder();
  await using served = await serve(listener);
  const all = { cacheDir: folder.path, baseUrl: served.url, catalogue, ...options };
  const error: unknown = await pullModel("blobs", all).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { error, files: (await readdir(folder.path, { recursive: true })).sort() };
}

function problem(error: unknown, code: ProblemCode): ProblemError {
  assert.ok(error instanceof ProblemError, String(error));
  assert.equal(error.code, code);
  return error;
}

const advice =
  /\. Where there is a network, npm run models -- pull blobs fetches it; copy the folder that it prints to \S+\/blobs\. Or take an \.onnx of your own: /;

test("fetches a model with its manifest once, and tells how far it is", async () => {
  await using folder = await temporaryFolder();
  const asked: (string | undefined)[] = [];
  await using served = await serve((request, response) => {
    asked.push(request.url);
    response.end(content);
  });
  const progress: number[] = [];
  const options: PullOptions = {
    cacheDir: join(folder.path, "cache"),
    baseUrl: `${served.url}/mirror/`,
    catalogue,
    onProgress: (received, total) => progress.push(received / total),
  };
  const at = await pullModel("blobs", options);
  assert.deepEqual((await readdir(at)).sort(), ["manifest.json", "model.onnx"]);
  assert.deepEqual(await readFile(join(at, "model.onnx")), content);
  const manifest: unknown = JSON.parse(await readFile(join(at, "manifest.json"), "utf8"));
  assert.deepEqual(manifest, entry.manifest);
  assert.equal(progress.at(-1), 1);
  assert.equal(await pullModel("blobs", options), at);
  assert.deepEqual(asked, ["/mirror/blobs/model.onnx"]);
});

test("what is damaged in the cache is fetched again", async () => {
  await using folder = await temporaryFolder();
  let asked = 0;
  await using served = await serve((_, response) => {
    asked++;
    response.end(content);
  });
  const options = { cacheDir: folder.path, baseUrl: served.url, catalogue };
  const at = await pullModel("blobs", options);
  await writeFile(join(at, "model.onnx"), Buffer.alloc(content.length));
  await pullModel("blobs", options);
  await writeFile(join(at, "manifest.json"), "{}");
  await pullModel("blobs", options);
  assert.equal(asked, 3);
  assert.deepEqual(await readFile(join(at, "model.onnx")), content);
});

/** What came of the file before it broke off. */
const KEPT = ["blobs", `blobs/model.onnx.${sha256.slice(0, 12)}.part`];
const NOTHING = ["blobs"];

const failures: [string, RequestListener, RegExp, string[] | undefined][] = [
  [
    "not found",
    (_, response) => response.writeHead(404).end("no"),
    /the server answered 404/,
    NOTHING,
  ],
  [
    "cut off in the middle",
    (_, response) => {
      response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, 1000), () => response.destroy());
    },
    /the connection was cut off/,
    // What came and was not written yet is lost with the connection.
    undefined,
  ],
  [
    "ended early",
    (_, response) => response.end(content.subarray(0, 1000)),
    /it ended after 1000 of 200000 bytes/,
    KEPT,
  ],
  [
    "without end",
    (_, response) => response.end(Buffer.alloc(content.length + 1)),
    /it is longer than the 200000 bytes expected/,
    NOTHING,
  ],
  [
    "redirected in circles",
    (request, response) => response.writeHead(302, { location: request.url }).end(),
    /redirects without end/,
    NOTHING,
  ],
];
for (const [name, listener, reason, left] of failures) {
  test(`unreachable: ${name}`, async () => {
    const { error, files } = await pullFrom(listener);
    const { message } = problem(error, "model-unreachable");
    assert.match(message, reason);
    assert.match(message, /^The model blobs could not be fetched from http:\/\/127/);
    assert.match(message, advice);
    if (left !== undefined) assert.deepEqual(files, left);
  });
}

test("unreachable: a server that falls silent", async () => {
  const { error, files } = await pullFrom((_, response) => response.write("a"), { idleMs: 50 });
  assert.match(problem(error, "model-unreachable").message, /nothing was received for 0\.05 s/);
  assert.deepEqual(files, KEPT);
});

test("unreachable: nobody listens", async () => {
  const served = await serve(() => {});
  await served[Symbol.asyncDispose]();
  const { error } = await pullFrom(() => {}, { baseUrl: served.url });
  assert.match(problem(error, "model-unreachable").message, /the connection was refused/);
});

test("another file of the same length is refused with both hashes", async () => {
  const other = Buffer.alloc(content.length);
  const { error, files } = await pullFrom((_, response) => response.end(other));
  const { message } = problem(error, "model-invalid");
  assert.ok(message.includes(sha256));
  assert.ok(message.includes(createHash("sha256").update(other).digest("hex")));
  assert.deepEqual(files, ["blobs"]);
});

/** A server that breaks off after so many bytes the first time, and serves parts if it can. */
function flaky(
  breakAt: number,
  servesParts: boolean,
  asked: (string | undefined)[],
): RequestListener {
  return ({ headers }, response) => {
    asked.push(headers.range);
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
    if (asked.length === 1) {
      response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, breakAt), () => response.destroy());
    } else if (servesParts && from > 0) {
      const range = `bytes ${from}-${content.length - 1}/${content.length}`;
      response.writeHead(206, { "content-range": range }).end(content.subarray(from));
    } else response.end(content);
  };
}

for (const servesParts of [true, false]) {
  test(`goes on where it was cut off: a server that serves ${servesParts ? "parts" : "only the whole"}`, async () => {
    await using folder = await temporaryFolder();
    const asked: (string | undefined)[] = [];
    await using served = await serve(flaky(50_000, servesParts, asked));
    const progress: number[] = [];
    const options = { cacheDir: folder.path, baseUrl: served.url, catalogue };
    await assert.rejects(pullModel("blobs", options), { code: "model-unreachable" });
    const at = await pullModel("blobs", { ...options, onProgress: (n) => progress.push(n) });
    const [first, second] = asked;
    const had = Number(/^bytes=(\d+)-$/.exec(second ?? "")?.[1]);
    assert.equal(first, undefined);
    // What came and was not written yet is lost with the connection; then all of it is asked for again.
    assert.ok(second === undefined || (had > 0 && had <= 50_000), second);
    assert.ok(
      servesParts && second !== undefined ? progress[0]! > had : progress[0]! <= content.length,
    );
    assert.equal(progress.at(-1), content.length);
    assert.deepEqual(await readFile(join(at, "model.onnx")), content);
    assert.deepEqual((await readdir(at)).sort(), ["manifest.json", "model.onnx"]);
  });
}

test("a beginning that turns out to be of another file is thrown away, and all is fetched", async () => {
  await using folder = await temporaryFolder();
  const asked: (string | undefined)[] = [undefined];
  await using served = await serve(flaky(0, true, asked));
  await mkdir(join(folder.path, "blobs"));
  await writeFile(join(folder.path, KEPT[1]!), Buffer.alloc(70_000, "other"));
  const at = await pullModel("blobs", { cacheDir: folder.path, baseUrl: served.url, catalogue });
  assert.deepEqual(asked.slice(1), ["bytes=70000-", undefined]);
  assert.deepEqual(await readFile(join(at, "model.onnx")), content);
  assert.deepEqual((await readdir(at)).sort(), ["manifest.json", "model.onnx"]);
});

test("redirects are followed", async () => {
  const { error, files } = await pullFrom((request, response) => {
    if (request.url === "/moved") response.end(content);
    else response.writeHead(302, { location: "/moved" }).end();
  });
  assert.equal(error, undefined);
  assert.equal(files.length, 3);
});

test("an abort ends the download, and what came is kept", async () => {
  const abort = new AbortController();
  const reason = new Error("enough");
  const { error, files } = await pullFrom((_, response) => response.write("a"), {
    signal: abort.signal,
    onProgress: () => abort.abort(reason),
  });
  assert.equal(error, reason);
  assert.deepEqual(files, KEPT);
});

test("a proxy is used, and its password is not told", async () => {
  await using folder = await temporaryFolder();
  const asked: (string | undefined)[] = [];
  await using proxy = await serve((request, response) => {
    asked.push(request.url);
    response.end(content);
  });
  const withPassword = proxy.url.replace("http://", "http://user:secret@");
  const options = { cacheDir: folder.path, catalogue, proxyEnv: { HTTP_PROXY: withPassword } };
  await pullModel("blobs", options);
  assert.deepEqual(asked, [entry.url]);
  // an https address goes through a tunnel, which this proxy does not offer
  const secure = { ...entry, url: entry.url.replace("http:", "https:") };
  const error: unknown = await pullModel("blobs", {
    cacheDir: join(folder.path, "other"),
    catalogue: [secure],
    proxyEnv: { https_proxy: withPassword },
    idleMs: 2000,
  }).catch((reason: unknown) => reason);
  const { message } = problem(error, "model-unreachable");
  assert.match(message, /the proxy refused the connection/);
  assert.doesNotMatch(message, /secret/);
});

test("an unknown name is answered with those that there are", async () => {
  await assert.rejects(pullModel("nothing", { cacheDir: "/nowhere", catalogue }), {
    code: "model-not-found",
    message: "There is no model nothing. There are: blobs.",
  });
});
