/** Files that claim more than they hold, made of small honest ones. */

const CONTAINERS: ReadonlySet<string> = new Set([
  "moov",
  "trak",
  "mdia",
  "minf",
  "stbl",
  "edts",
  "moof",
  "traf",
]);

/** What becomes of a box: another content or contents in its place; undefined: it stays. */
type Change = (content: Buffer) => readonly Buffer[] | undefined;

/** Big-endian 32-bit numbers. */
export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * index);
  return bytes;
}

/** Rewrites boxes of an MP4 file by their type, wherever they are. Offsets into the file are not moved. */
export function rewriteBoxes(file: Buffer, changes: Readonly<Record<string, Change>>): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= file.length;) {
    const size = file.readUInt32BE(at);
    const type = file.toString("latin1", at + 4, at + 8);
    const content = file.subarray(at + 8, at + size);
    const inner = CONTAINERS.has(type) ? rewriteBoxes(content, changes) : content;
    for (const each of changes[type]?.(inner) ?? [inner]) parts.push(box(type, each));
    at += size;
  }
  return Buffer.concat(parts);
}

function box(type: string, content: Buffer): Buffer {
  return Buffer.concat([words(8 + content.length), Buffer.from(type, "latin1"), content]);
}

/** The content of the first box of a type. */
export function contentOf(file: Buffer, type: string): Buffer {
  let found: Buffer | undefined;
  rewriteBoxes(file, {
    [type]: (content) => {
      found ??= content;
      return undefined;
    },
  });
  if (found === undefined) throw new Error(`There is no ${type}.`);
  return found;
}

/**
 * An index of so many samples that all lie in the place of the file's one picture, in chunks of 60.
 *
 * @param file an MP4 of one picture whose index is at its end
 */
export function overlappingSamples(file: Buffer, samples: number): Buffer {
  const perChunk = 60;
  const picture = contentOf(file, "mdat");
  const at = file.indexOf("mdat") + 4;
  const chunks = Math.ceil(samples / perChunk);
  const none = (): Buffer[] => [];
  return rewriteBoxes(file, {
    mdat: () => [Buffer.concat(Array.from({ length: perChunk }, () => picture))],
    edts: none,
    stss: none,
    stts: () => [words(0, 1, samples, 1)],
    stsz: () => [words(0, picture.length, samples)],
    stsc: () => [words(0, 1, 1, perChunk, 1)],
    stco: () => [words(0, chunks, ...Array.from({ length: Math.min(chunks, 50_000) }, () => at))],
  });
}

/** The same track many times, under numbers of its own. */
export function manyTracks(file: Buffer, tracks: number): Buffer {
  return rewriteBoxes(file, {
    trak: (content) =>
      Array.from({ length: tracks }, (_, index) => {
        const track = Buffer.from(content);
        track.writeUInt32BE(index + 1, track.indexOf("tkhd") + 4 + 12);
        return track;
      }),
  });
}

/** Runs of fragments that count so many samples and describe none. */
export function countedRuns(file: Buffer, samples: number): Buffer {
  return rewriteBoxes(file, { trun: () => [words(0, samples)] });
}

/** An edit list that shows the whole track again and again. */
export function repeatedEdits(file: Buffer, edits: number): Buffer {
  const ticks = contentOf(file, "mvhd").readUInt32BE(16);
  const list = Array.from({ length: edits }, () => words(ticks, 0, 0x1_00_00));
  return rewriteBoxes(file, { elst: () => [Buffer.concat([words(0, edits), ...list])] });
}
