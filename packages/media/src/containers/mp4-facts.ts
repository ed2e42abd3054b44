import { ENCRYPTED_ENTRY } from "../probe/protection.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { ContainerFacts, StreamPlace } from "./facts.ts";

export interface Box {
  readonly type: string;
  /** Where its content begins, and where it says that it ends. */
  readonly from: number;
  readonly to: number;
}

/** Boxes of one level that are looked at; a file of very many fragments is not read to its end for its headers. */
const MOST_BOXES = 4096;
/** Fragments that are asked whether they are encrypted. */
const MOST_FRAGMENTS = 64;
/** Where a sample entry's own boxes begin, behind the fields of a video (ISO/IEC 14496-12, 12.1.3). */
const VISUAL_ENTRY_BYTES = 78;
/** The box of `senc`'s content before it was a standard (PIFF). */
const PIFF_SENC = "a2394f525a9b4f14a2446c427c648df4";

/**
 * ISO base media files: whether the last box, or what a segment index refers to, ends behind the file's end; and whether
 * the track's samples are encrypted, by its sample entry or by what lies beside them (ISO/IEC 23001-7).
 */
export async function mp4Facts(bytes: ByteReader, { id }: StreamPlace): Promise<ContainerFacts> {
  const track = id === undefined ? undefined : Number(id);
  let cutShort = false;
  let protection: string | undefined;
  let fragments = 0;
  for await (const box of boxes(bytes, 0, bytes.size)) {
    cutShort ||= box.to > bytes.size || (await indexedEnd(bytes, box)) > bytes.size;
    if (box.type === "moov") protection ??= await movieProtection(bytes, box, track);
    if (box.type === "moof" && fragments++ < MOST_FRAGMENTS) {
      protection ??= await fragmentProtection(bytes, box, track);
    }
  }
  return { cutShort, protection };
}

/** The boxes of one level, at most so many. */
export async function* boxes(
  bytes: ByteReader,
  from: number,
  to: number,
  most = MOST_BOXES,
): AsyncGenerator<Box> {
  let at = from;
  for (let count = 0; count < most && at + 8 <= to; count++) {
    const head = await bytes.read(at, 16);
    if (head.length < 8) return;
    const short = head.readUInt32BE(0);
    const long = short === 1 && head.length === 16 ? Number(head.readBigUInt64BE(8)) : undefined;
    const size = long ?? (short === 0 ? to - at : short);
    if (size < 8) return;
    const content = at + (long === undefined ? 8 : 16);
    yield { type: head.toString("latin1", 4, 8), from: content, to: at + size };
    at += size;
  }
}

export async function find(
  bytes: ByteReader,
  parent: Box,
  ...path: string[]
): Promise<Box | undefined> {
  const [type, ...rest] = path;
  for await (const box of boxes(bytes, parent.from, parent.to)) {
    if (box.type === type) return rest.length === 0 ? box : await find(bytes, box, ...rest);
  }
  return undefined;
}

/** Where the last segment of a segment index ends; 0 for other boxes. */
async function indexedEnd(bytes: ByteReader, { type, from, to }: Box): Promise<number> {
  if (type !== "sidx") return 0;
  const content = await bytes.read(from, Math.min(to - from, 1 << 20));
  const wide = content[0] === 1;
  const references = wide ? 28 : 20;
  if (content.length < references + 4) return 0;
  const gap = wide ? Number(content.readBigUInt64BE(20)) : content.readUInt32BE(16);
  let end = to + gap;
  const count = content.readUInt16BE(references + 2);
  for (let i = 0; i < count; i++) {
    const at = references + 4 + i * 12;
    if (at + 4 > content.length) break;
    end += content.readUInt32BE(at) & 0x7f_ff_ff_ff;
  }
  return end;
}

async function movieProtection(
  bytes: ByteReader,
  moov: Box,
  wanted: number | undefined,
): Promise<string | undefined> {
  for await (const trak of boxes(bytes, moov.from, moov.to)) {
    if (trak.type !== "trak") continue;
    const tkhd = await find(bytes, trak, "tkhd");
    const head = tkhd && (await bytes.read(tkhd.from, 24));
    if (!head || head.length < 24) continue;
    const track = head.readUInt32BE(head[0] === 1 ? 20 : 12);
    if (wanted !== undefined && track !== wanted) continue;
    const stbl = await find(bytes, trak, "mdia", "minf", "stbl");
    const stsd = stbl && (await find(bytes, stbl, "stsd"));
    if (!stbl || !stsd) continue;
    for await (const entry of boxes(bytes, stsd.from + 8, stsd.to)) {
      if (ENCRYPTED_ENTRY.test(entry.type)) return `sample entry ${entry.type}`;
      const inside: Box = { ...entry, from: entry.from + VISUAL_ENTRY_BYTES };
      const sinf = await find(bytes, inside, "sinf");
      if (sinf && (await find(bytes, sinf, "schi", "tenc"))) return "box tenc";
    }
    const beside = await auxiliary(bytes, stbl);
    if (beside !== undefined) return beside;
  }
  return undefined;
}

async function fragmentProtection(
  bytes: ByteReader,
  moof: Box,
  wanted: number | undefined,
): Promise<string | undefined> {
  for await (const traf of boxes(bytes, moof.from, moof.to)) {
    if (traf.type !== "traf") continue;
    const tfhd = await find(bytes, traf, "tfhd");
    const head = tfhd && (await bytes.read(tfhd.from, 8));
    const track = head?.length === 8 ? head.readUInt32BE(4) : undefined;
    if (wanted !== undefined && track !== undefined && track !== wanted) continue;
    const beside = await auxiliary(bytes, traf);
    if (beside !== undefined) return beside;
  }
  return undefined;
}

/** What lies beside encrypted samples, in a sample table or in a track's part of a fragment. */
async function auxiliary(bytes: ByteReader, parent: Box): Promise<string | undefined> {
  for await (const { type, from } of boxes(bytes, parent.from, parent.to)) {
    if (type === "senc") return "box senc";
    if (type === "uuid" && (await bytes.read(from, 16)).toString("hex") === PIFF_SENC) {
      return "box senc of PIFF";
    }
  }
  return undefined;
}
