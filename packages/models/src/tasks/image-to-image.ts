import { checkPicture } from "../checking/plausibility.ts";
import { ImageDecoder } from "../decoders/image-decoder.ts";
import { CHANNEL_COUNT } from "../manifest/manifest-bounds.ts";
import type { ImageManifest } from "../manifest/manifest.ts";
import { type Extent, FLOAT, tensors, type WantedTensor } from "../tensors/wanted-tensors.ts";
import type { TaskRun } from "./task-run.ts";

/** A picture of a picture. */
export const imageToImage: TaskRun<ImageManifest> = {
  outputs: (manifest, slots) => [imageOutput(manifest, slots)],
  decoder: (manifest) => new ImageDecoder(manifest),
  check: checkPicture,
};

function imageOutput(manifest: ImageManifest, slots: Extent): WantedTensor {
  const { input, output } = manifest;
  const channels = CHANNEL_COUNT[input.channels];
  const [height, width] = [input.height * output.upscale, input.width * output.upscale];
  return output.layout === "nhwc"
    ? tensors(manifest, [FLOAT, slots, height, width, channels])[0]!
    : tensors(manifest, [FLOAT, slots, channels, height, width])[0]!;
}
