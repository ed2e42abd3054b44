import assert from "node:assert/strict";
import { test } from "node:test";
import { createBufferPool } from "./buffer-pool.ts";

test("a buffer that was given is taken again, by its exact size, once", () => {
  const pool = createBufferPool();
  const buffer = pool.take(100);
  pool.give(buffer);
  assert.notEqual(pool.take(99), buffer);
  assert.equal(pool.take(100), buffer);
  assert.notEqual(pool.take(100), buffer);
});

test("what is kept stays below the capacity, and a size in use pushes out others", () => {
  const pool = createBufferPool(250);
  const buffers = [pool.take(100), pool.take(100), pool.take(100)];
  for (const buffer of buffers) pool.give(buffer);
  assert.equal(pool.take(100), buffers[1], "there was room for two");
  pool.give(buffers[1]!);
  const other = pool.take(200);
  pool.give(other);
  assert.equal(pool.take(200), other);
  assert.ok(!buffers.includes(pool.take(100)));
  const large = pool.take(251);
  pool.give(large);
  assert.notEqual(pool.take(251), large);
});

test("odd sizes do not pile up", () => {
  const pool = createBufferPool();
  const cut = new SharedArrayBuffer(77);
  pool.give(cut);
  assert.notEqual(pool.take(77), cut, "a size that nobody had asked for");
  const first = pool.take(1);
  pool.give(first);
  for (let bytes = 2; bytes < 10; bytes++) pool.give(pool.take(bytes));
  assert.notEqual(pool.take(1), first, "a size that nobody asks for any more");
});
