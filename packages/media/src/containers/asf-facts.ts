import type { ByteReader } from "./byte-reader.ts";
import type { ContainerFacts } from "./facts.ts";

/** GUIDs as they are stored (Advanced Systems Format, 10). */
const HEADER = "3026b2758e66cf11a6d900aa0062ce6c";
const FILE_PROPERTIES = "a1dcab8c47a9cf118ee400c00c205365";
const ENCRYPTIONS: Readonly<Record<string, string>> = {
  fbb3112223bdd211b4b700a0c955fc6e: "Content Encryption Object",
  "14e68a292226174cb935dae07ee9289c": "Extended Content Encryption Object",
};
const MOST_OBJECTS = 1024;
const BROADCAST = 1;

/** ASF, and so WMV: whether the file is shorter than its properties say, and whether an object tells of encryption. */
export async function asfFacts(bytes: ByteReader): Promise<ContainerFacts> {
  const head = await bytes.read(0, 30);
  if (head.length < 30 || head.toString("hex", 0, 16) !== HEADER) return {};
  const end = Math.min(bytes.size, Number(head.readBigUInt64LE(16)));
  let cutShort = false;
  let statedSeconds: number | undefined;
  let protection: string | undefined;
  let at = 30;
  for (let count = 0, next = at; count < MOST_OBJECTS && at + 24 <= end; count++, at = next) {
    const object = await bytes.read(at, 104);
    if (object.length < 24) break;
    const size = Number(object.readBigUInt64LE(16));
    if (size < 24) break;
    next = at + size;
    const guid = object.toString("hex", 0, 16);
    if (guid === FILE_PROPERTIES && object.length >= 92) {
      const live = (object.readUInt32LE(88) & BROADCAST) !== 0;
      // What is not finished yet has no size and no length.
      if (live) continue;
      cutShort = Number(object.readBigUInt64LE(40)) > bytes.size;
      // In units of 100 ns, with the milliseconds that a player waits first.
      statedSeconds =
        Number(object.readBigUInt64LE(64)) / 1e7 - Number(object.readBigUInt64LE(80)) / 1e3;
    }
    protection ??= ENCRYPTIONS[guid];
  }
  return { cutShort, statedSeconds, protection };
}
