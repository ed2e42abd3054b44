import type { ByteReader } from "./byte-reader.ts";
import type { ContainerFacts, StreamPlace } from "./facts.ts";

/** Element ids (RFC 9559). */
const SEGMENT = 0x18_53_80_67;
const TRACKS = 0x16_54_ae_6b;
const TRACK_ENTRY = 0xae;
const CONTENT_ENCODINGS = 0x6d_80;
const CONTENT_ENCODING = 0x62_40;
const CONTENT_ENCODING_TYPE = 0x50_33;
const CONTENT_ENCRYPTION = 0x50_35;
const MOST_ELEMENTS = 4096;

interface Element {
  readonly id: number;
  readonly from: number;
  readonly to: number;
}

/** Matroska and WebM: whether the track's frames are encrypted. Of a cut file ffmpeg itself speaks. */
export async function matroskaFacts(
  bytes: ByteReader,
  { index }: StreamPlace,
): Promise<ContainerFacts> {
  let track = -1;
  for await (const segment of elements(bytes, 0, bytes.size)) {
    if (segment.id !== SEGMENT) continue;
    for await (const tracks of elements(bytes, segment.from, segment.to)) {
      if (tracks.id !== TRACKS) continue;
      for await (const entry of elements(bytes, tracks.from, tracks.to)) {
        if (entry.id !== TRACK_ENTRY || ++track !== index) continue;
        return { protection: await entryProtection(bytes, entry) };
      }
    }
  }
  return {};
}

async function entryProtection(bytes: ByteReader, entry: Element): Promise<string | undefined> {
  for await (const all of elements(bytes, entry.from, entry.to)) {
    if (all.id !== CONTENT_ENCODINGS) continue;
    for await (const encoding of elements(bytes, all.from, all.to)) {
      if (encoding.id !== CONTENT_ENCODING) continue;
      for await (const { id, from, to } of elements(bytes, encoding.from, encoding.to)) {
        if (id === CONTENT_ENCRYPTION) return "ContentEncryption";
        if (id === CONTENT_ENCODING_TYPE && (await bytes.read(to - 1, 1))[0] === 1 && to > from) {
          return "ContentEncodingType 1";
        }
      }
    }
  }
  return undefined;
}

async function* elements(bytes: ByteReader, from: number, to: number): AsyncGenerator<Element> {
  let at = from;
  for (let count = 0; count < MOST_ELEMENTS && at < to; count++) {
    const head = await bytes.read(at, 12);
    const idBytes = Math.clz32(head[0] ?? 0) - 23;
    const sizeBytes = Math.clz32(head[idBytes] ?? 0) - 23;
    if (idBytes > 4 || sizeBytes > 8 || head.length < idBytes + sizeBytes) return;
    const id = head.readUIntBE(0, idBytes);
    const content = at + idBytes + sizeBytes;
    const size = sizeOf(head.subarray(idBytes, idBytes + sizeBytes));
    // A live writer does not know the size of what it is in.
    const end = size === undefined ? to : Math.min(to, content + size);
    yield { id, from: content, to: end };
    at = end;
  }
}

/** A size without its length marker; undefined where all bits are set, which means unknown. */
function sizeOf(coded: Buffer): number | undefined {
  const bits = BigInt(7 * coded.length);
  const mask = (1n << bits) - 1n;
  const value = BigInt(`0x${coded.toString("hex")}`) & mask;
  return value === mask ? undefined : Number(value);
}
