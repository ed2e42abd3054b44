import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ProblemError } from "@framequeue/contracts";
import { createFolderStore } from "@framequeue/storage";
import { createAddressGuard } from "./address-guard.ts";
import { fetchSource, type FetchOptions } from "./fetch-source.ts";

const OPEN: FetchOptions = {
  limitBytes: 1000,
  mayConnect: () => true,
  idleTimeoutMs: 5_000,
  signal: new AbortController().signal,
};

/** A web server and a store; answers what is in the store at the end. */
async function withServer(
  listener: RequestListener,
  use: (
    url: string,
    fetch: (url: string, options?: Partial<FetchOptions>) => Promise<unknown>,
  ) => Promise<void>,
): Promise<string[]> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const folder = await mkdtemp(join(tmpdir(), "fq-fetch-"));
  const store = createFolderStore(folder);
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, (url, options = {}) =>
      fetchSource(store, "got", url, { ...OPEN, ...options }),
    );
    return await Array.fromAsync(store.list(""));
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  }
}

const problem = (code: string, text: RegExp) => (error: unknown) =>
  error instanceof ProblemError && error.code === code && text.test(error.message);

test("a file is fetched, through redirects", async () => {
  const left = await withServer(
    (request, response) => {
      if (request.url === "/old") response.writeHead(302, { location: "/new?token=1" }).end();
      else response.end("video");
    },
    async (url, fetch) => {
      const { bytes } = (await fetch(`${url}/old`)) as { bytes: number };
      assert.equal(bytes, 5);
    },
  );
  assert.deepEqual(left, ["got"]);
});

test("what cannot be had is said without the secrets in the URL", async () => {
  const left = await withServer(
    (request, response) => {
      if (request.url === "/loop") response.writeHead(301, { location: "/loop" }).end();
      else if (request.url === "/file")
        response.writeHead(302, { location: "file:///etc/passwd" }).end();
      else if (request.url?.startsWith("/large")) response.end(Buffer.alloc(1001));
      else response.writeHead(404).end();
    },
    async (url, fetch) => {
      const secret = url.replace("http://", "http://user:secret@");
      await assert.rejects(fetch(`${secret}/none?key=secret`), (error) => {
        assert.ok(problem("source-unreachable", /answers 404/)(error));
        assert.doesNotMatch((error as Error).message, /secret/);
        return true;
      });
      await assert.rejects(
        fetch(`${url}/loop`),
        problem("source-unreachable", /redirects more than/),
      );
      await assert.rejects(fetch(`${url}/file`), problem("source-forbidden", /file:/));
      await assert.rejects(fetch(`${url}/large`), problem("source-too-large", /1000 bytes/));
      await assert.rejects(
        fetch("http://127.0.0.1:1/x"),
        problem("source-unreachable", /refuses connections/),
      );
    },
  );
  assert.deepEqual(left, []);
});

test("a server that is busy is asked again", async () => {
  let asked = 0;
  await withServer(
    (_request, response) => {
      if (++asked < 3) response.writeHead(503).end();
      else response.end("video");
    },
    async (url, fetch) => void (await fetch(`${url}/busy`)),
  );
  assert.equal(asked, 3);
});

test("a server that falls silent, or breaks off, is given up", async () => {
  const left = await withServer(
    (request, response) => {
      if (request.url === "/silent") return;
      response.writeHead(200, { "content-length": 100 });
      response.write("half", () => response.destroy());
    },
    async (url, fetch) => {
      await assert.rejects(
        fetch(`${url}/silent`, { idleTimeoutMs: 30 }),
        problem("source-unreachable", /silent/),
      );
      await assert.rejects(
        fetch(`${url}/broken`),
        problem("source-unreachable", /breaks off|failed/),
      );
    },
  );
  assert.deepEqual(left, []);
});

test("closed addresses are refused: in the URL, by name, and behind a redirect", async () => {
  const mayConnect = createAddressGuard();
  await withServer(
    (_request, response) => response.writeHead(302, { location: "http://169.254.169.254/x" }).end(),
    async (url, fetch) => {
      const forbidden = problem("source-forbidden", /private network/);
      await assert.rejects(fetch(url, { mayConnect }), forbidden);
      await assert.rejects(fetch("http://localhost:1/x", { mayConnect }), forbidden);
      await assert.rejects(fetch("http://[::1]/x", { mayConnect }), forbidden);
      const onlyHere = (address: string): boolean => address === "127.0.0.1";
      await assert.rejects(fetch(url, { mayConnect: onlyHere }), forbidden);
    },
  );
});
