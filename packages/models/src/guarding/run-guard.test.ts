import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { testDetector, type TestDetectorOptions } from "@framequeue/graphs";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { createRunGuard } from "./run-guard.ts";

const run = promisify(execFile);
const url = (name: string): string => JSON.stringify(new URL(name, import.meta.url));

/** What a process of its own tells of a guarded run: what is guarded can only be ended with its process. */
async function play(model: TestDetectorOptions, body: string): Promise<unknown> {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "model.onnx");
  const calm = join(folder.path, "calm.onnx");
  await writeFile(file, testDetector({ width: 64, height: 64, batch: 1, ...model }));
  await writeFile(calm, testDetector({ width: 64, height: 64, batch: 1 }));
  const script = join(folder.path, "play.ts");
  await writeFile(
    script,
    `import { createRunGuard } from ${url("./run-guard.ts")};
     import { ModelRunner } from ${url("../session/model-runner.ts")};
     import { loadModelPackage } from ${url("../package/package.ts")};
     const limits = { timeMs: 300, memoryBytes: 3e8 };
     const breaches = [];
     const breach = Promise.withResolvers();
     const guard = createRunGuard(limits, (found) => { breaches.push(found); breach.resolve(found); });
     const open = async (name, file) => ModelRunner.open(await loadModelPackage(file),
       { workers: 1, threadsPerWorker: 1, guard: guard.of({ sha256: name }) });
     const bad = await open("bad", ${JSON.stringify(file)});
     const good = await open("good", ${JSON.stringify(calm)});
     const picture = (level) => {
       const data = new SharedArrayBuffer(3 * 64 * 64);
       new Uint8Array(data).fill(level);
       return { data, byteOffset: 0, width: 64, height: 64, source: { width: 64, height: 64 }, minScore: 0.3 };
     };
     const outcome = (run) => run.then(() => "answered", (error) => error.name);
     const end = (told) => process.send(told, () => process.kill(process.pid, "SIGKILL"));
     ${body}`,
  );
  const told = join(folder.path, "runner.mjs");
  await writeFile(
    told,
    `import { fork } from "node:child_process";
     fork(${JSON.stringify(script)}).once("message", (told) => console.log(JSON.stringify(told)));`,
  );
  const { stdout } = await run(process.execPath, [told]);
  return JSON.parse(stdout);
}

test("a run that does not end is found by the time that its thread has had", async () => {
  const told = await play(
    { loopsOnWhite: true },
    `const dark = await outcome(bad.run([picture(10)]));
     const white = outcome(bad.run([picture(250)]));
     const behind = outcome(bad.run([picture(10)]));
     const found = await breach.promise;
     end({ dark, white: await white, behind: await behind, found, count: breaches.length,
       other: await outcome(good.run([picture(10)])) });`,
  );
  assert.deepEqual(told, {
    ...{ dark: "answered", white: "RunBroke", behind: "RunBroke", count: 1, other: "RunGivenUp" },
    found: { model: { sha256: "bad" }, bound: "time", limit: 300, isCertain: true },
  });
});

test("a run that takes too much memory is found while it takes it; in company it is not certain", async () => {
  const alone = await play(
    { eatsOnWhite: 4e9 },
    `const before = process.memoryUsage.rss();
     const white = outcome(bad.run([picture(250)]));
     const found = await breach.promise;
     const grown = process.memoryUsage.rss() - before;
     end({ white: await white, found, isBounded: grown < 2 * limits.memoryBytes });`,
  );
  assert.deepEqual(alone, {
    ...{ white: "RunBroke", isBounded: true },
    found: { model: { sha256: "bad" }, bound: "memory", limit: 3e8, isCertain: true },
  });
  const together = await play(
    { eatsOnWhite: 4e9 },
    `let isOver = false;
     void (async () => { while (!isOver) await outcome(good.run([picture(250)])); })();
     void outcome(bad.run([picture(250)]));
     const found = await breach.promise;
     isOver = true;
     end(found.isCertain);`,
  );
  assert.equal(together, false);
});

test("a process that is stopped breaks no bound", async () => {
  const told = await play(
    {},
    `import { spawn } from "node:child_process";
     import { once } from "node:events";
     let isOver = false;
     const runs = (async () => { while (!isOver) await good.run([picture(250)]); })();
     // longer than a run may take
     const stopper = spawn("sh", ["-c", "kill -STOP $0; sleep 0.7; kill -CONT $0", String(process.pid)]);
     await once(stopper, "exit");
     isOver = true;
     await runs;
     end(breaches);`,
  );
  assert.deepEqual(told, []);
});

test("several that have had most of their time are found at once, and others are not", async () => {
  const found = Promise.withResolvers<void>();
  const guard = createRunGuard<{ sha256: string }>({ timeMs: 1_000, memoryBytes: 1e12 }, () =>
    found.resolve(),
  );
  const outcomes: Record<string, string> = {};
  // What each has had at the look after the first.
  for (const [sha256, had] of Object.entries({ loops: 1_100, twin: 700, young: 200 })) {
    let looks = 0;
    guard.of({ sha256 }).watch({
      progress: { runs: 1, processorMs: () => (looks++ === 0 ? 0 : had) },
      isOnProcessor: true,
      isOpening: false,
      giveUp: ({ name }) => void (outcomes[sha256] ??= name),
    });
  }
  await found.promise;
  guard[Symbol.dispose]();
  assert.deepEqual(outcomes, { loops: "RunBroke", twin: "RunBroke", young: "RunGivenUp" });
});
