import assert from "node:assert/strict";
import { test } from "node:test";
import { displayName, urlSourceName } from "./source-name.ts";

test("names of uploads lose folders and control characters", () => {
  const table: [string | undefined, string][] = [
    ["a.mp4", "a.mp4"],
    ["../../etc/a b.mp4", "a b.mp4"],
    ["C:\\videos\\ä.mp4", "ä.mp4"],
    ["a\u0000\u202e\nb.mp4", "ab.mp4"],
    ["", "upload"],
    ["dir/", "upload"],
    [undefined, "upload"],
    ["x".repeat(500), "x".repeat(200)],
  ];
  for (const [given, name] of table) assert.equal(displayName(given, "upload"), name);
});

test("names of URLs hold neither credentials nor the query", () => {
  const table: [string, string][] = [
    ["https://u:p@h/v/a%20b.mp4?token=t#f", "a b.mp4"],
    ["https://u:p@h/v/", "v"],
    ["https://u:p@h/?a=b.mp4", "h"],
    ["https://h/%E0%A4%A", "%E0%A4%A"],
    ["https://h/a%2F..%2Fb.mp4", "b.mp4"],
  ];
  for (const [url, name] of table) assert.equal(urlSourceName(url), name);
});
