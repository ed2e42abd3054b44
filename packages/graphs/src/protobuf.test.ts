import assert from "node:assert/strict";
import { test } from "node:test";
import { ProtobufWriter } from "./protobuf.ts";

const hex = (writer: ProtobufWriter): string => Buffer.from(writer.toBytes()).toString("hex");

// The first three are the examples of protobuf's own description of the encoding.
const rows: [string, ProtobufWriter, string][] = [
  ["a varint of two bytes", new ProtobufWriter().int(1, 150), "089601"],
  ["a string", new ProtobufWriter().string(2, "testing"), "120774657374696e67"],
  [
    "a nested message",
    new ProtobufWriter().message(3, new ProtobufWriter().int(1, 150)),
    "1a03089601",
  ],
  ["zero", new ProtobufWriter().int(1, 0), "0800"],
  ["a negative number takes ten bytes", new ProtobufWriter().int(1, -2), "08feffffffffffffffff01"],
  ["a field number above 15", new ProtobufWriter().int(20, 7), "a00107"],
  ["a float, little-endian", new ProtobufWriter().float(2, 1.5), "150000c03f"],
  ["text outside ASCII", new ProtobufWriter().string(1, "é"), "0a02c3a9"],
];
for (const [name, writer, expected] of rows) {
  test(`protobuf: ${name}`, () => assert.equal(hex(writer), expected));
}
