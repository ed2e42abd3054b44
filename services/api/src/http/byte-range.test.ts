import assert from "node:assert/strict";
import { test } from "node:test";
import { namesEtag, parseByteRange } from "./byte-range.ts";

test("byte ranges of a file of 100 bytes", () => {
  const table: [string | undefined, ReturnType<typeof parseByteRange>][] = [
    [undefined, undefined],
    ["bytes=0-9", { start: 0, end: 9 }],
    ["bytes=0-0", { start: 0, end: 0 }],
    ["bytes=90-", { start: 90, end: 99 }],
    ["bytes=90-1000", { start: 90, end: 99 }],
    ["bytes=-10", { start: 90, end: 99 }],
    ["bytes=-1000", { start: 0, end: 99 }],
    ["Bytes= 5-6 ", { start: 5, end: 6 }],
    ["bytes=99-", { start: 99, end: 99 }],
    ["bytes=100-", "outside"],
    ["bytes=200-300", "outside"],
    ["bytes=-0", "outside"],
    // Ignored: the answer is the whole file.
    ["bytes=9-5", undefined],
    ["bytes=-", undefined],
    ["bytes=0-1,5-6", undefined],
    ["lines=0-1", undefined],
    ["bytes=a-b", undefined],
    ["bytes=99999999999999999999-", undefined],
  ];
  for (const [header, range] of table) {
    assert.deepEqual(parseByteRange(header, 100), range, String(header));
  }
  assert.equal(parseByteRange("bytes=0-", 0), "outside");
  assert.equal(parseByteRange("bytes=-5", 0), "outside");
});

test("which If-None-Match headers name a tag", () => {
  for (const header of ['"a"', 'W/"a"', '"b", "a"', "*"]) assert.ok(namesEtag(header, '"a"'));
  for (const header of [undefined, "", '"b"', "a"]) assert.ok(!namesEtag(header, '"a"'));
});
