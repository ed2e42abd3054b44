import assert from "node:assert/strict";
import { test } from "node:test";
import { createProgressDisplay } from "./progress-line.ts";

/** A stream that keeps what is written, and a clock that is set by hand. */
function recorder(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  const clock = { ms: 0 };
  const write = (text: string): boolean => written.push(text) > 0;
  const stream = { isTTY, columns, write } as unknown as NodeJS.WriteStream;
  return { written, clock, display: createProgressDisplay(stream, "a.mp4", () => clock.ms) };
}

test("a terminal gets one line that is drawn anew, and nothing that stays", () => {
  const { written, clock, display } = recorder(true);
  display.update({ phase: "queued", done: 0, total: 0 });
  display.update({ phase: "tracking", done: 50, total: 0 });
  clock.ms = 1000;
  display.update({ phase: "tracking", done: 150, total: 300 });
  display.end();
  assert.deepEqual(written, [
    "\r\u001b[Ka.mp4  queued",
    "\r\u001b[Ka.mp4  tracking 50 frames  0 fps",
    `\r\u001b[Ka.mp4  tracking ${"█".repeat(12)}${"░".repeat(12)} 50 %  150/300  100 fps  0:02 left`,
    "\r\u001b[K",
  ]);
});

test("a line is cut at the terminal's width", () => {
  const { written, display } = recorder(true, 12);
  display.update({ phase: "tracking", done: 1, total: 2 });
  assert.equal(written[0], "\r\u001b[Ka.mp4  trac");
});

test("elsewhere a line comes every five seconds", () => {
  const { written, clock, display } = recorder(false);
  for (clock.ms = 0; clock.ms <= 11_000; clock.ms += 100) {
    display.update({ phase: "drawing", done: 1 + clock.ms / 100, total: 1000 });
  }
  display.end();
  assert.equal(written.length, 2);
  assert.match(written[0]!, /^a\.mp4: drawing █.* 5 % {2}51\/1000 {2}10 fps {2}1:35 left\n$/);
});
