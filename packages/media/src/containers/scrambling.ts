import type { ByteReader } from "./byte-reader.ts";
import type { ContainerFacts, StreamPlace } from "./facts.ts";

const LOOKED_AT_BYTES = 4 << 20;
const SYNC = 0x47;
/** Lengths of a transport packet: plain, with a time stamp in front (Blu-ray, cameras), with parity behind. */
const PACKET_BYTES = [188, 192, 204] as const;

/** MPEG transport streams: whether most packets of the stream near the start are scrambled (ISO/IEC 13818-1, 2.4.3.2). */
export async function transportStreamFacts(
  bytes: ByteReader,
  { id }: StreamPlace,
): Promise<ContainerFacts> {
  const head = await bytes.read(0, LOOKED_AT_BYTES);
  const size = PACKET_BYTES.find((each) => findSync(head, each) !== undefined);
  if (size === undefined || id === undefined) return {};
  const pid = Number(id);
  const marks: boolean[] = [];
  for (let at = findSync(head, size)!; at + 4 <= head.length; at += size) {
    const hasPayload = (head[at + 3]! & 0x10) !== 0;
    if (head[at] !== SYNC || (head.readUInt16BE(at + 1) & 0x1f_ff) !== pid || !hasPayload) continue;
    marks.push((head[at + 3]! & 0xc0) !== 0);
  }
  return judge(marks);
}

/** The first place from which five packets in a row begin as packets do. */
function findSync(head: Buffer, size: number): number | undefined {
  for (let at = 0; at < size; at++) {
    if ([0, 1, 2, 3, 4].every((count) => head[at + count * size] === SYNC)) return at;
  }
  return undefined;
}

/** MPEG program streams, DVDs among them: whether most packets of the stream near the start are scrambled. */
export async function programStreamFacts(
  bytes: ByteReader,
  { id }: StreamPlace,
): Promise<ContainerFacts> {
  const stream = id === undefined ? Number.NaN : Number(id) & 0xff;
  if (!(stream >= 0xe0 && stream <= 0xef)) return {};
  const head = await bytes.read(0, LOOKED_AT_BYTES);
  const start = Buffer.from([0, 0, 1, stream]);
  const marks: boolean[] = [];
  for (let at = head.indexOf(start); at >= 0; at = head.indexOf(start, at + 4)) {
    const flags = head[at + 6] ?? 0;
    // Other data may look like a start code; the two bits in front are always 10.
    if ((flags & 0xc0) === 0x80) marks.push((flags & 0x30) !== 0);
  }
  return judge(marks);
}

function judge(marks: readonly boolean[]): ContainerFacts {
  const scrambled = marks.filter(Boolean).length;
  return scrambled * 2 > marks.length ? { protection: "scrambled packets" } : {};
}
