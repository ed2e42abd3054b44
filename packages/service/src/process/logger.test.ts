import assert from "node:assert/strict";
import { test } from "node:test";
import { LONGEST_LINE } from "./bounded-line.ts";
import { createLogger } from "./logger.ts";
import { redactUrl } from "./redact.ts";

test("credentials of URLs are hidden, and nothing else", () => {
  const table: [string, string][] = [
    ["redis://:pass@host:6379/0", "redis://***@host:6379/0"],
    ["https://u:p%40x@h/a.mp4", "https://***@h/a.mp4"],
    ["https://u:p@ss@h/a", "https://***@h/a"],
    ["see http://u@h/ and rtsp://a:b@c/d.", "see http://***@h/ and rtsp://***@c/d."],
    ["https://h/a.mp4?X-Signature=abc&e=1#t=secret end", "https://h/a.mp4?*** end"],
    ["http://h/a#token=1", "http://h/a?***"],
    ["https://u:p@h?k=v", "https://***@h?***"],
    ["mail me@example.org", "mail me@example.org"],
    ["http://h:80/a@b", "http://h:80/a@b"],
    ['{"a":"http://h","b":"x@y"}', '{"a":"http://h","b":"x@y"}'],
    ["no url", "no url"],
  ];
  for (const [text, redacted] of table) assert.equal(redactUrl(text), redacted);
});

test("long texts are scanned in linear time", () => {
  for (const text of ["a".repeat(1e6), "a://".repeat(2e5), `x://${"a".repeat(1e6)}`]) {
    const started = performance.now();
    redactUrl(`${text} b://c`);
    assert.ok(performance.now() - started < 1_000);
  }
});

test("a line is one JSON object with level, time and service; URLs in any field are redacted", () => {
  const lines: string[] = [];
  const logger = createLogger({
    name: "decode",
    level: "info",
    destination: { write: (line) => void lines.push(line) },
  });
  logger.debug("not this one");
  logger.info({ job: "j1", url: "http://u:p@h/x?s=1", err: new Error("redis://:pw@r/0") }, "hello");
  assert.equal(lines.length, 1);
  const line = JSON.parse(lines[0]!) as Record<string, unknown>;
  assert.equal(line["level"], "info");
  assert.equal(line["service"], "decode");
  assert.equal(line["job"], "j1");
  assert.equal(line["msg"], "hello");
  assert.equal(line["url"], "http://***@h/x?***");
  assert.match(String(line["time"]), /^\d{4}-\d\d-\d\dT.*Z$/);
  assert.doesNotMatch(lines[0]!, /pw|u:p/);
});

test("a line is short and whole JSON whatever it tells of, and says what it is about", () => {
  const lines: string[] = [];
  const logger = createLogger({
    name: "ingest",
    level: "info",
    destination: { write: (line) => void lines.push(line) },
  });
  const huge = "ü".repeat(1_000_000);
  const wide = Object.fromEntries(
    Array.from({ length: 5_000 }, (_, i) => [`field-${i}`, "x".repeat(1_000)]),
  );
  const cases: Record<string, unknown>[] = [
    { text: huge },
    { err: new Error(huge, { cause: new Error(huge, { cause: new Error(huge) }) }) },
    { list: Array.from({ length: 50_000 }, (_, i) => `label ${i}`) },
    { deep: Array.from({ length: 100 }).reduce<unknown>((below) => [below, huge], "end") },
    { wide: { ...wide, wide: { ...wide } } },
    { controls: "\u0000".repeat(1_000_000) },
    Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, huge.slice(0, 20_000)])),
  ];
  for (const fields of cases) logger.error({ job: "j1", ...fields }, "task failed");
  logger.error({ job: "j1" }, huge);
  assert.equal(lines.length, cases.length + 1);
  for (const [i, text] of lines.entries()) {
    assert.ok(Buffer.byteLength(text) <= LONGEST_LINE, `${i}: ${Buffer.byteLength(text)}`);
    assert.match(text, /^[^\n]*\n$/);
    const line = JSON.parse(text) as Record<string, unknown>;
    assert.equal(line["level"], "error");
    assert.equal(line["service"], "ingest");
    assert.equal(line["job"], "j1");
    if (i < cases.length) assert.equal(line["msg"], "task failed");
    else assert.match(String(line["msg"]), /^ü+… \(1000000 characters\)$/);
  }
});
