import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, test } from "node:test";
import { ProblemError } from "@framequeue/contracts";
import { ObjectNotFound } from "./object-store.ts";
import { objectStoreConformance } from "./object-store-conformance.ts";
import { connectS3, type S3Settings } from "./s3-connection.ts";
import { createS3Store } from "./s3-store.ts";
import { noS3Server, startS3Server, type TestS3 } from "./testing/s3-server.ts";

const MIB = 2 ** 20;

const missing = noS3Server();
if (missing === undefined) {
  let server: Promise<TestS3> | undefined;
  after(async () => (await server)?.[Symbol.asyncDispose]());
  whereThereIsAServer(() => (server ??= startS3Server()));
} else {
  test(`s3: the store's own tests. ${missing}`, { skip: missing }, () => {});
}

function whereThereIsAServer(server: () => Promise<TestS3>): void {
  async function scratch(change: Partial<S3Settings> = {}) {
    const settings = { ...(await (await server()).bucket()), ...change };
    const folder = await mkdtemp(join(tmpdir(), "fq-s3-test-"));
    const store = createS3Store(settings);
    return {
      settings,
      folder,
      store,
      async [Symbol.asyncDispose]() {
        await store[Symbol.asyncDispose]();
        await rm(folder, { recursive: true });
      },
    };
  }

  objectStoreConformance("s3", scratch);

  test("s3: stores below a prefix are apart from each other", async () => {
    await using one = await scratch({ prefix: "site/one" });
    await using whole = createS3Store({ ...one.settings, prefix: "" });
    await one.store.put("a", "1");
    assert.equal((await whole.get("site/one/a")).toString(), "1");
    await whole.put("site/one-more/a", "2");
    assert.deepEqual(await Array.fromAsync(one.store.list("")), ["a"]);
  });

  test("s3: a large object goes in in parts, and comes back whole and by range", async () => {
    await using at = await scratch();
    // 20 MiB that repeat nowhere, in pieces that do not fit the parts.
    const body = Buffer.alloc(20 * MIB);
    for (let i = 0; i < body.length; i += 4) body.writeUInt32LE((i * 2654435761) % 2 ** 32, i);
    const pieces = Array.from({ length: 64 }, (_, i) =>
      body.subarray((i * body.length) / 64, ((i + 1) * body.length) / 64),
    );
    const sha256 = createHash("sha256").update(body).digest("hex");
    assert.deepEqual(await at.store.putStream("big", Readable.from(pieces)), {
      bytes: body.length,
      sha256,
    });
    assert.ok((await at.store.get("big")).equals(body));
    const range = { start: 8 * MIB - 5, end: 8 * MIB + 5 };
    const middle = Buffer.concat(await at.store.read("big", range).toArray());
    assert.ok(middle.equals(body.subarray(range.start, range.end + 1)));

    const path = join(at.folder, "big");
    await writeFile(path, body);
    await at.store.putFile("moved", path);
    assert.equal(existsSync(path), false);
    assert.equal((await at.store.stat("moved"))?.bytes, body.length);
  });

  test("s3: a large upload that breaks leaves no parts behind", async () => {
    await using at = await scratch();
    const broken = Readable.from(
      (function* () {
        yield Buffer.alloc(20 * MIB);
        throw new Error("the sender is gone");
      })(),
    );
    await assert.rejects(at.store.putStream("big", broken), /the sender is gone/);
    await assert.rejects(
      at.store.putStream("big", Readable.from([Buffer.alloc(20 * MIB), Buffer.alloc(1)]), {
        limitBytes: 20 * MIB,
      }),
      (error) => error instanceof ProblemError && error.code === "payload-too-large",
    );
    const abort = new AbortController();
    const endless = Readable.from(
      (function* () {
        for (let i = 0; ; i++) {
          if (i === 20) abort.abort(new Error("told to stop"));
          yield Buffer.alloc(MIB);
        }
      })(),
    );
    await assert.rejects(at.store.putStream("big", endless, { signal: abort.signal }));
    const { sdk, client } = await connectS3(at.settings);
    const list = new sdk.ListMultipartUploadsCommand({ Bucket: at.settings.bucket });
    const { Uploads = [] } = await client.send(list);
    client.destroy();
    assert.deepEqual(Uploads, []);
    assert.equal(await at.store.stat("big"), undefined);
  });

  test("s3: more objects than one page lists, and all of them are deleted", async () => {
    await using at = await scratch({ keysPerPage: 10 });
    const keys = Array.from({ length: 45 }, (_, i) => `many/${String(i).padStart(4, "0")}`);
    await Promise.all(keys.map((key) => at.store.put(key, key)));
    assert.deepEqual(await Array.fromAsync(at.store.list("many")), keys);
    await at.store.deletePrefix("many");
    assert.deepEqual(await Array.fromAsync(at.store.list("")), []);
  });

  test("s3: a copy is fetched once for several users, and anew for a new version", async () => {
    await using at = await scratch();
    await at.store.put("video", "first");
    const [one, two] = await Promise.all([
      at.store.localCopy("video"),
      at.store.localCopy("video"),
    ]);
    assert.equal(one.path, two.path);
    await one[Symbol.asyncDispose]();
    assert.equal(await readFile(two.path, "utf8"), "first");
    await two[Symbol.asyncDispose]();
    await at.store.put("video", "second");
    await using three = await at.store.localCopy("video");
    assert.equal(await readFile(three.path, "utf8"), "second");
  });

  test("s3: a connection that breaks in the middle is taken up where it broke", async () => {
    await using at = await scratch();
    const body = Buffer.from(Array.from({ length: 3 * MIB }, (_, i) => i % 253));
    await at.store.put("video", body);
    await using proxy = await cuttingProxy(at.settings.endpoint!, MIB);
    await using store = createS3Store({ ...at.settings, endpoint: proxy.url });
    assert.ok((await store.get("video")).equals(body));
    assert.ok(proxy.cuts() >= 2);
    const part = await store.read("video", { start: 10, end: 2 * MIB + 10 }).toArray();
    assert.ok(Buffer.concat(part).equals(body.subarray(10, 2 * MIB + 11)));
  });

  test("s3: a bucket that is not there is a store that does not answer", async () => {
    await using at = await scratch({ bucket: "fq-nobody-made-this" });
    for (const call of [
      () => at.store.put("a", "1"),
      () => at.store.get("a"),
      () => at.store.putStream("a", Readable.from([Buffer.alloc(10)])),
      () => at.store.read("a").toArray(),
    ]) {
      await assert.rejects(call, (error) => {
        assert.ok(error instanceof ProblemError, String(error));
        return error.code === "store-unavailable" && /NoSuchBucket/.test(error.message);
      });
    }
  });
}

test("s3: nobody at the endpoint is a store that does not answer", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  await using store = createS3Store({
    bucket: "bucket",
    prefix: "",
    endpoint: `http://127.0.0.1:${port}`,
    region: "us-east-1",
    pathStyle: true,
    checksums: "required",
    keepCopiesBytes: 0,
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  });
  for (const call of [
    () => store.get("a"),
    () => store.putStream("a", Readable.from([Buffer.alloc(10)])),
    () => store.localCopy("a"),
    () => Array.fromAsync(store.list("")),
  ]) {
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof ProblemError, String(error));
      return error.code === "store-unavailable" && /ECONNREFUSED/.test(error.message);
    });
  }
});

test("s3: keys that leave the store are refused before anybody is asked", async () => {
  await using store = createS3Store({
    bucket: "bucket",
    prefix: "",
    pathStyle: false,
    checksums: "supported",
    keepCopiesBytes: 0,
  });
  await assert.rejects(store.get("../x"), TypeError);
  await assert.rejects(store.stat("a b"), TypeError);
  await assert.rejects(store.localCopy("/x"), TypeError);
  assert.ok(!(new ObjectNotFound("x") instanceof TypeError));
});

/** Passes everything on, but cuts the connection after `bytes` of an answer. */
async function cuttingProxy(target: string, bytes: number) {
  let cuts = 0;
  const proxy = createServer((incoming, outgoing) => {
    const { hostname, port } = new URL(target);
    const { method, headers, url: path } = incoming;
    const onward = request({ hostname, port, method, headers, path }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      let passed = 0;
      answer.on("data", (chunk: Buffer) => {
        if (passed >= bytes) return;
        passed += chunk.length;
        if (passed < bytes) {
          outgoing.write(chunk);
          return;
        }
        cuts++;
        outgoing.write(chunk, () => outgoing.destroy());
      });
      answer.on("end", () => passed < bytes && outgoing.end());
    });
    incoming.pipe(onward);
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const { port } = proxy.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    cuts: () => cuts,
    async [Symbol.asyncDispose]() {
      proxy.close();
      proxy.closeAllConnections();
      await once(proxy, "close");
    },
  };
}
