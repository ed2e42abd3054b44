import { editsExcess, entriesExcess, packetExcess } from "../ffmpeg/tool-bounds.ts";
import type { Excess, PacketLimits } from "../ffmpeg/tool-bounds.ts";
import type { ByteReader } from "./byte-reader.ts";
import { type Box, boxes, find } from "./mp4-facts.ts";

/** What can stand first in such a file. */
const FIRST_BOXES = new Set([
  "ftyp",
  "styp",
  "moov",
  "moof",
  "mdat",
  "free",
  "skip",
  "wide",
  "pnot",
]);
/** Boxes of a file that are asked; a recording of days in fragments has some 100,000. */
const MOST_BOXES = 200_000;
/** Flags of a track run by which something stands there for each of its samples (ISO/IEC 14496-12, 8.8.8). */
const PER_SAMPLE = 0xf_00;

/**
 * What an ISO base media file claims that no video of its size can hold, found before ffmpeg makes an index of it:
 * samples that lie one upon the other, or that are counted and described nowhere. Undefined where there is nothing, and
 * for other files.
 */
export async function mp4Claims(
  bytes: ByteReader,
  limits: Pick<PacketLimits, "maxPackets">,
): Promise<Excess | undefined> {
  const first = (await bytes.read(4, 4)).toString("latin1");
  if (!FIRST_BOXES.has(first)) return undefined;
  const fileBytes = bytes.size;
  let entries = 0;
  for await (const box of boxes(bytes, 0, bytes.size, MOST_BOXES)) {
    if (box.type === "moov") {
      for await (const { samples, sampleBytes, isVideo, edits } of tables(bytes, box)) {
        entries += samples;
        const cuts = editsExcess(edits);
        if (cuts !== undefined) return cuts;
        if (!isVideo) continue;
        const excess = packetExcess(samples, sampleBytes, { fileBytes, ...limits });
        if (excess !== undefined) return excess;
      }
    }
    if (box.type === "moof") entries += await claimedByRuns(bytes, box);
    const excess = entriesExcess(entries, fileBytes);
    if (excess !== undefined) return excess;
  }
  return undefined;
}

interface SampleTable {
  readonly samples: number;
  /** 0 where each sample has a size of its own. */
  readonly sampleBytes: number;
  readonly isVideo: boolean;
  readonly edits: number;
}

/** What the tracks of a movie say of their samples. */
async function* tables(bytes: ByteReader, moov: Box): AsyncGenerator<SampleTable> {
  for await (const trak of boxes(bytes, moov.from, moov.to)) {
    if (trak.type !== "trak") continue;
    const mdia = await find(bytes, trak, "mdia");
    const sizes = mdia && (await find(bytes, mdia, "minf", "stbl", "stsz"));
    const head = sizes && (await bytes.read(sizes.from, 12));
    if (!mdia || !sizes || !head || head.length < 12) continue;
    const size = head.readUInt32BE(4);
    const count = head.readUInt32BE(8);
    // A table that is cut off is told by ffmpeg.
    const described = Math.floor((Math.min(sizes.to, bytes.size) - sizes.from - 12) / 4);
    const samples = size === 0 ? Math.min(count, described) : count;
    const handler = await find(bytes, mdia, "hdlr");
    const kind = handler && (await bytes.read(handler.from + 8, 4)).toString("latin1");
    const edits = await editsOf(bytes, trak);
    yield { samples, sampleBytes: samples * size, isVideo: kind === "vide", edits };
  }
}

/** The edits that a track describes (ISO/IEC 14496-12, 8.6.6). */
async function editsOf(bytes: ByteReader, trak: Box): Promise<number> {
  const list = await find(bytes, trak, "edts", "elst");
  const head = list && (await bytes.read(list.from, 8));
  if (!list || head?.length !== 8) return 0;
  const entryBytes = head[0] === 1 ? 20 : 12;
  const described = Math.floor((Math.min(list.to, bytes.size) - list.from - 8) / entryBytes);
  return Math.min(head.readUInt32BE(4), described);
}

/** The samples that the runs of a fragment count without describing them. */
async function claimedByRuns(bytes: ByteReader, moof: Box): Promise<number> {
  let samples = 0;
  for await (const traf of boxes(bytes, moof.from, moof.to)) {
    if (traf.type !== "traf") continue;
    for await (const trun of boxes(bytes, traf.from, traf.to)) {
      const head = trun.type === "trun" ? await bytes.read(trun.from, 8) : undefined;
      if (head?.length !== 8 || (head.readUInt32BE(0) & PER_SAMPLE) !== 0) continue;
      samples += head.readUInt32BE(4);
    }
  }
  return samples;
}
