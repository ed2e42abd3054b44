import type { EnhanceMessage } from "@framequeue/contracts";
import { type FrameBatch, payloadChecksum } from "@framequeue/frames";
import type { Normalizer } from "@framequeue/media";
import { type Pipeline, replacePixels, type TaskContext } from "@framequeue/pipeline";

export interface EnhanceDeps extends Pipeline {
  readonly normalize: Normalizer;
}

/** Puts the enhanced pixels of a batch in the place of the decoded ones. */
export async function enhanceBatch(
  deps: EnhanceDeps,
  message: EnhanceMessage,
  context: TaskContext,
): Promise<void> {
  await replacePixels(deps, message, context, (decoded) => enhance(deps, decoded, context.span));
}

/** On a copy: whoever repeats the work finds the decoded pixels as they are. */
async function enhance(
  { normalize, frames }: EnhanceDeps,
  decoded: FrameBatch,
  span: string | undefined,
): Promise<FrameBatch> {
  const { header } = decoded;
  const pixels = frames.allocate(decoded.pixels.byteLength);
  new Uint8Array(pixels).set(new Uint8Array(decoded.pixels));
  await normalize(new Uint8Array(pixels), header, header.frames);
  return {
    pixels,
    header: {
      ...header,
      crc32: payloadChecksum(pixels),
      ...(span === undefined ? {} : { span }),
    },
  };
}
