import type { ContainerFacts, StreamPlace } from "./facts.ts";
import { asfFacts } from "./asf-facts.ts";
import type { ByteReader } from "./byte-reader.ts";
import { flvFacts } from "./flv-facts.ts";
import { matroskaFacts } from "./matroska-facts.ts";
import { mp4Facts } from "./mp4-facts.ts";
import { mxfFacts } from "./mxf-facts.ts";
import { riffFacts } from "./riff-facts.ts";
import { programStreamFacts, transportStreamFacts } from "./scrambling.ts";

type FactReader = (bytes: ByteReader, stream: StreamPlace) => Promise<ContainerFacts>;

const READERS: Readonly<Record<string, FactReader>> = {
  mp4: mp4Facts,
  matroska: matroskaFacts,
  avi: riffFacts,
  asf: asfFacts,
  flv: flvFacts,
  mxf: mxfFacts,
  mpegts: transportStreamFacts,
  mpeg: programStreamFacts,
};

/**
 * Reads a few headers of a file. Whatever they hold, it ends soon and throws nothing but what reading throws.
 *
 * @param container ffmpeg's name or names for it, such as `mov,mp4,m4a,3gp,3g2,mj2`
 */
export async function readContainerFacts(
  bytes: ByteReader,
  container: string,
  stream: StreamPlace,
): Promise<ContainerFacts> {
  const name = container.split(",").find((each) => Object.hasOwn(READERS, each));
  return name === undefined ? {} : await READERS[name]!(bytes, stream);
}
