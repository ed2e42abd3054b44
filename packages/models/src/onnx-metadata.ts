import { open } from "node:fs/promises";

/** Fields of ModelProto and of its StringStringEntryProto (onnx.proto of the ONNX specification). */
const METADATA_PROPS = 14;
const KEY = 1;
const VALUE = 2;
/** Entries longer than this are not what is looked for. */
const LONGEST_ENTRY = 1 << 20;

/**
 * What an ONNX file says about itself beside its graph, by key: exporters leave class names there. The graph, which is
 * nearly all of the file, is passed over. Empty where the file is none or has nothing.
 */
export async function onnxMetadata(file: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const handle = await open(file, "r");
  try {
    const { size } = await handle.stat();
    const read = async (position: number, length: number): Promise<Buffer> =>
      (await handle.read(Buffer.alloc(length), 0, length, position)).buffer;
    for (let at = 0; at < size;) {
      const fields = new Fields(await read(at, Math.min(20, size - at)));
      const { number, wire } = fields.tag();
      if (number === 0) break;
      if (wire === 0) fields.varint();
      else if (wire === 1) fields.at += 8;
      else if (wire === 5) fields.at += 4;
      else if (wire === 2) {
        const length = fields.varint();
        if (number === METADATA_PROPS && length <= LONGEST_ENTRY) {
          const { key, value } = entry(await read(at + fields.at, length));
          found.set(key, value);
        }
        fields.at += length;
      } else break;
      at += fields.at;
    }
  } finally {
    await handle.close();
  }
  return found;
}

function entry(bytes: Buffer): { key: string; value: string } {
  const fields = new Fields(bytes);
  const texts = new Map<number, string>();
  while (fields.at < bytes.length) {
    const { number, wire } = fields.tag();
    if (wire !== 2) break;
    const length = fields.varint();
    texts.set(number, bytes.toString("utf8", fields.at, fields.at + length));
    fields.at += length;
  }
  return { key: texts.get(KEY) ?? "", value: texts.get(VALUE) ?? "" };
}

/** Reads protobuf's numbers one after the other. */
class Fields {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  tag(): { number: number; wire: number } {
    const tag = this.varint();
    return { number: Math.floor(tag / 8), wire: tag % 8 };
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; this.at < this.#bytes.length; shift += 7) {
      const byte = this.#bytes[this.at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value;
  }
}

/** Class names as exporters of Python programs write them: `{0: 'person', 1: "driver's seat"}`. */
export function parseNames(text: string): string[] | undefined {
  const names: string[] = [];
  const entries = text.matchAll(/(\d+)\s*:\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g);
  for (const [, id, single, double] of entries) {
    if (Number(id) !== names.length) return undefined;
    names.push((single ?? double ?? "").replace(/\\(.)/g, "$1"));
  }
  return names.length === 0 || names.includes("") ? undefined : names;
}
