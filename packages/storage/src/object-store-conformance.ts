import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ProblemError } from "@framequeue/contracts";
import { ObjectNotFound, type ObjectStore } from "./object-store.ts";

/** What every object store must do. `folder` is a scratch folder of the caller. */
export function objectStoreConformance(
  name: string,
  open: () => Promise<{ store: ObjectStore; folder: string } & AsyncDisposable>,
): void {
  const collect = async (keys: AsyncIterable<string>): Promise<string[]> =>
    (await Array.fromAsync(keys)).sort();

  test(`${name}: what was put comes back, and a put replaces`, async () => {
    await using at = await open();
    await at.store.put("a/b/c.txt", "one");
    await at.store.put("a/b/c.txt", Buffer.from("two"), { durable: true });
    assert.equal((await at.store.get("a/b/c.txt")).toString(), "two");
    const stored = (await at.store.stat("a/b/c.txt"))!;
    assert.equal(stored.bytes, 3);
    assert.deepEqual(await at.store.stat("a/b/c.txt"), stored);
    await at.store.put("a/b/c.txt", "TWO");
    assert.notEqual((await at.store.stat("a/b/c.txt"))!.version, stored.version);
    await at.store.put("a/b/c.txt", "two");
    assert.equal(await at.store.stat("a/b"), undefined, "a folder is not an object");
    await assert.rejects(at.store.get("a/b"), ObjectNotFound);
    await assert.rejects(at.store.get("a/b/c.txt/d"), ObjectNotFound);
  });

  test(`${name}: a missing object is said to be missing`, async () => {
    await using at = await open();
    await assert.rejects(at.store.get("nothing"), ObjectNotFound);
    await assert.rejects(at.store.localCopy("nothing"), ObjectNotFound);
    assert.equal(await at.store.stat("nothing"), undefined);
    await at.store.delete("nothing");
    await at.store.deletePrefix("nothing");
    assert.deepEqual(await collect(at.store.list("nothing")), []);
  });

  test(`${name}: under a key that no file system takes nothing is found, and nothing is put`, async () => {
    await using at = await open();
    await at.store.put(`aliases/${"n".repeat(195)}.json`, "fits");
    for (const length of [201, 250, 300, 900]) {
      const key = `aliases/${"n".repeat(length)}`;
      await assert.rejects(at.store.put(key, "x"), TypeError);
      await assert.rejects(at.store.putStream(key, Readable.from([])), TypeError);
      await assert.rejects(at.store.get(key), ObjectNotFound);
      await assert.rejects(at.store.localCopy(key), ObjectNotFound);
      assert.equal(await at.store.stat(key), undefined);
      assert.deepEqual(await collect(at.store.list(key)), []);
      await at.store.delete(key);
      await at.store.deletePrefix(key);
    }
    assert.equal((await collect(at.store.list("aliases"))).length, 1);
  });

  test(`${name}: streams in with its hash and out by range`, async () => {
    await using at = await open();
    const body = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
    const written = await at.store.putStream(
      "s/video",
      Readable.from([body.subarray(0, 7), body.subarray(7)]),
    );
    assert.deepEqual(written, {
      bytes: body.length,
      sha256: createHash("sha256").update(body).digest("hex"),
    });
    const chunks = await at.store.read("s/video", { start: 100, end: 250_000 }).toArray();
    assert.deepEqual(Buffer.concat(chunks), body.subarray(100, 250_001));
    await using copy = await at.store.localCopy("s/video");
    assert.deepEqual(await readFile(copy.path), body);
  });

  test(`${name}: a stream over the limit, or that breaks, leaves nothing`, async () => {
    await using at = await open();
    await assert.rejects(
      at.store.putStream("big", Readable.from([Buffer.alloc(11)]), { limitBytes: 10 }),
      (error) => error instanceof ProblemError && error.code === "payload-too-large",
    );
    const broken = Readable.from(
      (function* () {
        yield Buffer.alloc(5);
        throw new Error("the sender is gone");
      })(),
    );
    await assert.rejects(at.store.putStream("big", broken), /the sender is gone/);
    assert.deepEqual(await collect(at.store.list("")), []);
  });

  test(`${name}: what is begun and not finished is seen, changes as it goes on, and can be taken away`, async () => {
    await using at = await open();
    const { store } = at;
    const body = new PassThrough();
    const putting = store.putStream("u/job/source/big", body);
    putting.catch(() => {});
    const seen = async () => Array.fromAsync(store.unfinished("u"));
    const PIECE = Buffer.alloc(9 * 2 ** 20); // more than a part of an upload in parts
    const write = async (): Promise<void> => {
      if (!body.write(PIECE)) await once(body, "drain");
    };
    await write();
    await write();
    while ((await seen()).length === 0) await sleep(5);
    const [before] = await seen();
    assert.match(before!.name, /^job\/source\/big/);
    assert.deepEqual(await collect(store.names("u")), ["job"]);
    assert.deepEqual(await collect(store.list("u")), []);
    assert.deepEqual(await Array.fromAsync(store.unfinished("v")), []);
    await write();
    await write();
    while ((await seen())[0]?.state === before!.state) await sleep(5);
    assert.equal((await seen())[0]!.name, before!.name);

    for (const each of await seen()) await each.discard();
    body.end();
    await assert.rejects(putting);
    assert.deepEqual(await seen(), []);
    assert.deepEqual(await collect(store.list("")), []);

    await store.putStream("u/job/source/big", Readable.from([PIECE, PIECE]));
    assert.deepEqual(await seen(), [], "what is finished is not among it");
  });

  test(`${name}: a file moves in`, async () => {
    await using at = await open();
    const path = join(at.folder, "made-elsewhere");
    await writeFile(path, "made");
    await at.store.putFile("files/made", path);
    assert.equal((await at.store.get("files/made")).toString(), "made");
  });

  test(`${name}: lists and deletes by prefix, whole parts only`, async () => {
    await using at = await open();
    for (const key of ["j/1/a", "j/1/b/c", "j/12/a"]) await at.store.put(key, key);
    assert.deepEqual(await collect(at.store.list("j/1")), ["j/1/a", "j/1/b/c"]);
    assert.deepEqual(await collect(at.store.names("j/1")), ["a", "b"]);
    assert.deepEqual(await collect(at.store.names("j")), ["1", "12"]);
    assert.deepEqual(await collect(at.store.names("")), ["j"]);
    assert.deepEqual(await collect(at.store.names("nothing")), []);
    await at.store.deletePrefix("j/1");
    assert.deepEqual(await collect(at.store.list("")), ["j/12/a"]);
    await at.store.delete("j/12/a");
    assert.deepEqual(await collect(at.store.list("")), []);
  });

  test(`${name}: refuses keys that leave the store`, async () => {
    await using at = await open();
    for (const key of ["../x", "/x", "a//b", "a/../../x", "", "a b"]) {
      await assert.rejects(async () => at.store.put(key, "x"), TypeError, key);
    }
  });

  test(`${name}: puts and deletes in one folder at once do not disturb each other`, async () => {
    await using at = await open();
    await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        await at.store.put(`busy/${i}`, String(i));
        if (i % 2 === 0) await at.store.delete(`busy/${i}`);
      }),
    );
    assert.equal((await collect(at.store.list("busy"))).length, 30);
  });
}
