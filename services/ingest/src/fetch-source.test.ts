import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ProblemError } from "@framequeue/contracts";
import { createFolderStore, type ObjectStore } from "@framequeue/storage";
import { createAddressGuard } from "./address-guard.ts";
import { fetchSource, type FetchOptions } from "./fetch-source.ts";

const OPEN: FetchOptions = {
  limitBytes: 1000,
  mayConnect: () => true,
  idleTimeoutMs: 5_000,
  timeoutMs: 60_000,
  leastRate: { bytesPerSecond: 0, windowMs: 60_000 },
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

/** Writes a piece now and every few milliseconds, for as long as somebody is there. */
function drip(response: ServerResponse, piece: string): void {
  const write = (): void => void response.write(piece);
  write();
  const timer = setInterval(write, 5);
  response.on("close", () => clearInterval(timer));
}

const SLOWEST = { leastRate: { bytesPerSecond: 10_000, windowMs: 150 } };

test("a server that drips is given up after one window, asked once, and let go of", async () => {
  let asked = 0;
  const closed = Promise.withResolvers<void>();
  const left = await withServer(
    (_request, response) => {
      asked++;
      response.on("close", closed.resolve);
      drip(response, "x");
    },
    async (url, fetch) => {
      await assert.rejects(
        fetch(`${url}/drip`, { ...SLOWEST, idleTimeoutMs: 60_000 }),
        problem("source-unreachable", /less than 10000 bytes a second/),
      );
      await closed.promise;
    },
  );
  assert.equal(asked, 1);
  assert.deepEqual(left, []);
});

test("a server that is slow and steady is heard to the end", async () => {
  const left = await withServer(
    (_request, response) => {
      let pieces = 0;
      const timer = setInterval(() => {
        response.write(Buffer.alloc(5_000));
        if (++pieces < 40) return;
        clearInterval(timer);
        response.end();
      }, 10);
    },
    async (url, fetch) => {
      const { bytes } = (await fetch(`${url}/slow`, { ...SLOWEST, limitBytes: 1e6 })) as {
        bytes: number;
      };
      assert.equal(bytes, 200_000);
    },
  );
  assert.deepEqual(left, ["got"]);
});

test("a store that is slow is not the server's fault", async () => {
  const server = createServer((_request, response) => void response.end(Buffer.alloc(1e6)));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
  const slow = {
    putStream: async (_key: string, body: AsyncIterable<Buffer>) => {
      let bytes = 0;
      for await (const piece of body) {
        if (bytes === 0) await sleep(500);
        bytes += piece.length;
      }
      return { bytes, sha256: "" };
    },
  } as unknown as ObjectStore;
  try {
    const bounds = { idleTimeoutMs: 100, leastRate: { bytesPerSecond: 1_000, windowMs: 100 } };
    const { bytes } = await fetchSource(slow, "got", url, { ...OPEN, ...bounds, limitBytes: 1e6 });
    assert.equal(bytes, 1e6);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("headers that never end, or are too many, are given up", async () => {
  let isEndless = true;
  const server = createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.write("HTTP/1.1 200 OK\r\n");
    const write = (): void => void socket.write(isEndless ? "x" : `x: ${"y".repeat(4_000)}\r\n`);
    const timer = setInterval(write, 5);
    socket.on("close", () => clearInterval(timer));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
  const store = {} as ObjectStore;
  try {
    await assert.rejects(
      fetchSource(store, "got", url, { ...OPEN, ...SLOWEST }),
      problem("source-unreachable", /does not begin within 0.15 s/),
    );
    isEndless = false;
    await assert.rejects(
      fetchSource(store, "got", url, OPEN),
      problem("source-unreachable", /headers are too large/),
    );
  } finally {
    const gone = once(server, "close");
    server.close();
    await gone; // no connection is left
  }
});

test("the whole fetch has a bound, however steady the server", async () => {
  await withServer(
    (_request, response) => drip(response, "x".repeat(1_000)),
    async (url, fetch) => {
      await assert.rejects(
        fetch(`${url}/endless`, { timeoutMs: 300, limitBytes: 1e9 }),
        problem("source-unreachable", /takes longer than 0.3 s/),
      );
    },
  );
});

test("of a redirect and of a refusal only the headers are read", async () => {
  const closed: string[] = [];
  await withServer(
    (request, response) => {
      const path = request.url!;
      if (path === "/video") {
        response.end("video");
        return;
      }
      response.on("close", () => closed.push(path));
      response.writeHead(path === "/moved" ? 302 : 404, { location: "/video" });
      drip(response, "x".repeat(100_000));
    },
    async (url, fetch) => {
      await fetch(`${url}/moved`);
      await until(() => closed.length === 1);
      await assert.rejects(fetch(`${url}/none`), problem("source-unreachable", /404/));
      await until(() => closed.length === 2);
    },
  );
  assert.deepEqual(closed, ["/moved", "/none"]);
});

test("a fetch that is called off closes its connection, before the answer and in the middle of it", async () => {
  for (const path of ["/silent", "/drip"]) {
    const asked = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    const left = await withServer(
      (_request, response) => {
        response.on("close", closed.resolve);
        if (path === "/drip") drip(response, "x");
        asked.resolve();
      },
      async (url, fetch) => {
        const off = new AbortController();
        const fetching = fetch(url + path, { signal: off.signal });
        await asked.promise;
        off.abort(new Error("called off"));
        await assert.rejects(fetching, /called off/);
        await closed.promise;
      },
    );
    assert.deepEqual(left, []);
  }
});

test("what says that it is too large is not begun", async () => {
  const closed = Promise.withResolvers<void>();
  const left = await withServer(
    (_request, response) => {
      response.on("close", closed.resolve);
      response.writeHead(200, { "content-length": 1e9 });
      drip(response, "x");
    },
    async (url, fetch) => {
      await assert.rejects(fetch(url), problem("source-too-large", /1000 bytes/));
      await closed.promise;
    },
  );
  assert.deepEqual(left, []);
});

test("a redirect to what is no address is said", async () => {
  await withServer(
    (_request, response) => response.writeHead(302, { location: "http://[" }).end(),
    async (url, fetch) => {
      await assert.rejects(fetch(url), problem("source-unreachable", /no address/));
    },
  );
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
