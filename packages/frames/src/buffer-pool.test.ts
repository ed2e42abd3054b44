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

test("what is kept stays below the capacity", () => {
  const pool = createBufferPool(250);
  const buffers = [pool.take(100), pool.take(100), pool.take(100)];
  for (const buffer of buffers) pool.give(buffer);
  assert.equal(pool.take(100), buffers[2], "the third made room for itself");
  assert.ok(!buffers.includes(pool.take(100)));
  const large = pool.take(251);
  pool.give(large);
  assert.notEqual(pool.take(251), large);
});
