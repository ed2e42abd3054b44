import assert from "node:assert/strict";
import { test } from "node:test";
import { type BatchHeader, frameBytes, newJobId, type JobId } from "@framequeue/contracts";
import { payloadChecksum } from "./checksum.ts";
import { type FrameBatch, type FrameStore, payloadKey, type PayloadId } from "./frame-store.ts";

/** A batch of small pictures whose pixels differ with `seed`. */
export function sampleBatch(
  job: JobId,
  seed: number,
  header: Partial<BatchHeader> = {},
): FrameBatch {
  const shape = { layout: "gbrp", width: 9, height: 5, frames: 3, ...header } as const;
  const pixels = new SharedArrayBuffer(
    shape.frames * frameBytes(shape.layout, shape.width, shape.height),
  );
  const bytes = new Uint8Array(pixels);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 31 + seed * 17) & 255;
  return {
    pixels,
    header: {
      v: 1,
      job,
      epoch: "e",
      segment: 0,
      batch: 0,
      ...shape,
      pts: Array.from({ length: shape.frames }, (_, i) => i * 512),
      crc32: payloadChecksum(pixels),
    },
  };
}

/** What every frame store must do. */
export function frameStoreConformance(
  name: string,
  open: () => Promise<{ store: FrameStore } & AsyncDisposable>,
): void {
  const id = (job: JobId, batch: number, more: Partial<PayloadId> = {}): string =>
    payloadKey({ job, epoch: "e", segment: 0, batch, variant: "a", ...more });
  const keys = async (store: FrameStore, prefix?: string): Promise<string[]> =>
    (await Array.fromAsync(store.list(prefix))).sort();

  test(`${name}: a batch comes back as it went in, as shared memory`, async () => {
    await using at = await open();
    const job = newJobId();
    const batch = sampleBatch(job, 1);
    await at.store.put(id(job, 0), batch);
    const back = await at.store.get(id(job, 0));
    assert.ok(back);
    assert.deepEqual(back.header, batch.header);
    assert.ok(back.pixels instanceof SharedArrayBuffer);
    assert.deepEqual(new Uint8Array(back.pixels), new Uint8Array(batch.pixels));
  });

  test(`${name}: what is not there is undefined, and deleting it is no error`, async () => {
    await using at = await open();
    const job = newJobId();
    assert.equal(await at.store.get(id(job, 0)), undefined);
    await at.store.delete(id(job, 0));
    await at.store.deletePrefix(job);
    assert.deepEqual(await keys(at.store), []);
  });

  test(`${name}: buffers that are done with do not come back while they are in use`, async () => {
    await using at = await open();
    const job = newJobId();
    const bytes = sampleBatch(job, 1).pixels.byteLength;
    const inUse = new Set<SharedArrayBuffer>();
    for (let batch = 0; batch < 30; batch++) {
      const { header } = sampleBatch(job, batch);
      const pixels = at.store.allocate(bytes);
      assert.equal(pixels.byteLength, bytes);
      assert.ok(!inUse.has(pixels), "a stored buffer was handed out again");
      new Uint8Array(pixels).set(new Uint8Array(sampleBatch(job, batch).pixels));
      if ((await at.store.put(id(job, batch), { header, pixels })) === "copied")
        at.store.discard(pixels);
      else inUse.add(pixels);
      if (batch < 4) continue;
      const oldest = await at.store.get(id(job, batch - 4));
      assert.deepEqual(
        new Uint8Array(oldest!.pixels),
        new Uint8Array(sampleBatch(job, batch - 4).pixels),
      );
      at.store.discardRead(oldest!);
      inUse.delete(oldest!.pixels);
      await at.store.delete(id(job, batch - 4));
    }
  });

  test(`${name}: a put replaces`, async () => {
    await using at = await open();
    const job = newJobId();
    await at.store.put(id(job, 0), sampleBatch(job, 1));
    const second = sampleBatch(job, 2);
    await at.store.put(id(job, 0), second);
    const back = await at.store.get(id(job, 0));
    assert.deepEqual(new Uint8Array(back!.pixels), new Uint8Array(second.pixels));
  });

  test(`${name}: deletes one, a batch's variants, an epoch, a job`, async () => {
    await using at = await open();
    const [one, two] = [newJobId(), newJobId()];
    const all = [
      id(one, 0),
      id(one, 0, { variant: "b" }),
      id(one, 1),
      id(one, 10),
      id(one, 1, { epoch: "f" }),
      id(two, 0),
    ];
    for (const key of all) await at.store.put(key, sampleBatch(one, 3));
    assert.deepEqual(await keys(at.store), [...all].sort());
    await at.store.deletePrefix(`${one}/e/0.0`);
    await at.store.delete(id(one, 1));
    assert.deepEqual(await keys(at.store, one), [id(one, 10), id(one, 1, { epoch: "f" })].sort());
    await at.store.deletePrefix(`${one}/e`);
    assert.deepEqual(await keys(at.store, one), [id(one, 1, { epoch: "f" })]);
    await at.store.deletePrefix(one);
    assert.deepEqual(await keys(at.store), [id(two, 0)]);
  });

  test(`${name}: many writers and deleters at once`, async () => {
    await using at = await open();
    const job = newJobId();
    await Promise.all(
      Array.from({ length: 40 }, async (_, batch) => {
        await at.store.put(id(job, batch), sampleBatch(job, batch));
        const back = await at.store.get(id(job, batch));
        assert.deepEqual(
          new Uint8Array(back!.pixels),
          new Uint8Array(sampleBatch(job, batch).pixels),
        );
        await at.store.delete(id(job, batch));
      }),
    );
    assert.deepEqual(await keys(at.store), []);
  });
}
