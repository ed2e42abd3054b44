import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";

const entry = new URL("./model-session.ts", import.meta.url);
const thread = `
  import { registerHooks } from "node:module";
  import { parentPort } from "node:worker_threads";
  const loaded = [];
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      loaded.push(found.url);
      return found;
    },
  });
  await import(${JSON.stringify(entry.href)});
  parentPort.postMessage(loaded);`;

test("inference threads load no schemas, which would be most of their heap", async () => {
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(thread)}`));
  const [loaded] = (await once(worker, "message")) as [string[]];
  await worker.terminate();
  assert.ok(loaded.some((url) => url.includes("/onnxruntime-node/")));
  assert.deepEqual(
    loaded.filter((url) => url.includes("/zod/")),
    [],
  );
});
