import assert from "node:assert/strict";
import { test } from "node:test";
import { shortOnnxruntimeMessage } from "./onnxruntime-message.ts";

const rows: [string, string, string][] = [
  [
    "a prefix with the file",
    "Load model from /a/b.onnx failed:Protobuf parsing failed.",
    "Protobuf parsing failed",
  ],
  [
    "a source location with nested parentheses",
    "/src/graph/model.cc:187 ns::Model::Model(std::function<void(int)>, int) Node (a) is (b) bad.",
    "Node (a) is (b) bad",
  ],
  [
    "a condition that did not hold",
    "/src/gpu/context.cc:136 ns::Context::Init(const Config&)::<lambda()> status == Ok was false. No adapter.\n",
    "No adapter",
  ],
  ["a stack below", "broken\n  at f (x.js:1)", "broken"],
  ["a plain sentence (with parentheses)", "out of (memory)", "out of (memory)"],
];
for (const [name, message, expected] of rows) {
  test(`shortens ${name}`, () => {
    assert.equal(shortOnnxruntimeMessage(new Error(message)), expected);
  });
}

test("long texts end in an ellipsis", () => {
  assert.equal(shortOnnxruntimeMessage("x".repeat(999)), `${"x".repeat(200)}…`);
});
