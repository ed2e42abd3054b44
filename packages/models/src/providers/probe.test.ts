import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { instructionLevel } from "./numeric-class.ts";
import { probeDevice } from "./probe.ts";

test("a library that is not there is named", async () => {
  await using folder = await temporaryFolder();
  const empty = pathToFileURL(`${folder.path}/`);
  for (const provider of ["cuda", "tensorrt"] as const) {
    assert.equal(
      await probeDevice({ provider, device: 0 }, empty),
      `its library libonnxruntime_providers_${provider}.so is not installed beside onnxruntime`,
    );
  }
});

test("the probe runs the graph in a process of its own, and tells what onnxruntime says", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "libonnxruntime_providers_cuda.so"), "");
  // no machine has this many GPUs
  const on = { provider: "cuda", device: 4000 } as const;
  const reason = await probeDevice(on, pathToFileURL(`${folder.path}/`));
  assert.match(reason!, /cuda/i);
  assert.equal(await probeDevice({ provider: "cpu", device: 0 }), undefined);
});

test("the level of a processor's instructions", () => {
  const table: [string, string | undefined][] = [
    ["flags\t\t: fpu sse avx avx2 fma", "avx2"],
    ["flags\t\t: avx avx2 avx512f avx512_vnni", "avx512_vnni"],
    ["flags\t\t: avx512f amx_int8 avx2", "amx_int8"],
    ["Features\t: fp asimd", undefined],
    ["", undefined],
  ];
  for (const [info, level] of table) assert.equal(instructionLevel(info), level);
});
