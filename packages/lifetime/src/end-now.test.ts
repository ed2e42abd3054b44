import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

test("a process ends at once, and does nothing more", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fq-end-now-"));
  try {
    const script = join(folder, "end.ts");
    await writeFile(
      script,
      `import { endNow } from ${JSON.stringify(new URL("./end-now.ts", import.meta.url))};
       process.on("exit", () => console.log("exit"));
       endNow();
       console.log("after");`,
    );
    const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.on("data", (text: Buffer) => (said += text.toString()));
    const [, signal] = await once(child, "close");
    assert.deepEqual([signal, said], ["SIGKILL", ""]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
