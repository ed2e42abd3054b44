import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseEngine } from "./choose.ts";
import type { ExecutionDevice, ProviderName } from "./provider.ts";

const providers = ["tensorrt", "cuda", "webgpu", "cpu"] as const;

/** A machine on which those providers work, on those GPUs. */
function machine(working: Partial<Record<ProviderName, readonly number[]>>) {
  return ({ provider, device }: ExecutionDevice): Promise<string | undefined> =>
    Promise.resolve(working[provider]?.includes(device) === true ? undefined : "no driver");
}

test("the first provider that works is taken, with the reasons against those before it", async () => {
  const probe = machine({ cuda: [0], webgpu: [0], cpu: [0] });
  const engine = await chooseEngine({ providers, gpus: [0], probe });
  assert.equal(engine.provider, "cuda");
  assert.deepEqual(engine.devices, [{ provider: "cuda", device: 0 }]);
  assert.deepEqual(engine.findings, [
    { provider: "tensorrt", reason: "no driver" },
    { provider: "cuda" },
  ]);
  assert.equal(engine.turns, undefined);
});

test("of several GPUs those that work are used, and the reason against the others is kept", async () => {
  const probe = machine({ cuda: [0, 2] });
  const engine = await chooseEngine({ providers: ["cuda"], gpus: [0, 1, 2], probe });
  assert.deepEqual(
    engine.devices.map(({ device }) => device),
    [0, 2],
  );
  assert.deepEqual(engine.findings, [{ provider: "cuda", reason: "GPU 1: no driver" }]);
});

test("WebGPU is one device whose runs take turns", async () => {
  const probe = machine({ webgpu: [0] });
  const engine = await chooseEngine({ providers: ["webgpu"], gpus: [0, 1], probe });
  assert.equal(engine.devices.length, 1);
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = engine.turns!.take(async () => {
    order.push("first begins");
    await gate.promise;
    order.push("first ends");
    throw new Error("first");
  });
  const second = engine.turns!.take(async () => {
    order.push("second");
    return 2;
  });
  gate.resolve();
  await assert.rejects(first, /first/);
  assert.equal(await second, 2);
  assert.deepEqual(order, ["first begins", "first ends", "second"]);
});

test("where none works every reason is told", async () => {
  const chosen = chooseEngine({
    providers: ["tensorrt", "cuda"],
    gpus: [0, 1],
    probe: machine({}),
  });
  await assert.rejects(chosen, {
    code: "provider-unavailable",
    message: /tensorrt: GPU 0: no driver; GPU 1: no driver; cuda: GPU 0: .*FQ_PROVIDERS/,
  });
});

test("the numeric class names provider, processor and runtime, unless the operator names it", async () => {
  const options = { providers: ["cpu"], gpus: [0] } as const;
  const { numericClass } = await chooseEngine(options);
  assert.match(numericClass, /^cpu-(x64|arm64)[a-z0-9-]*-ort\d+\.\d+\.\d+[a-z0-9.-]*$/);
  assert.equal((await chooseEngine({ ...options, numericClass: "ours" })).numericClass, "ours");
});
