import { z } from "zod";
import { CHANNEL_COUNT, MOST_TENSOR_NAME } from "./manifest-bounds.ts";

const side = z.int().min(1).max(8192);

const perChannel = z.array(z.number()).min(1).max(3);

/** How a picture becomes the network's input: each value v of a channel enters as `(v * scale - mean) / std`. */
export const inputSchema = z
  .strictObject({
    /** Name of the graph's input. */
    name: z.string().min(1).max(MOST_TENSOR_NAME),
    /** Order of its axes: N pictures, C channels, H rows, W columns. Without N it takes one picture. */
    layout: z.enum(["nchw", "nhwc", "chw"]),
    width: side,
    height: side,
    /** Order of the channels, and of `mean` and `std`. */
    channels: z.enum(["rgb", "bgr", "luma"]),
    scale: z.number().positive(),
    mean: perChannel,
    std: perChannel.refine((std) => std.every((value) => value > 0), "must be above 0"),
    /** Keep the aspect ratio and pad, scale each axis on its own, or take the middle. */
    fit: z.enum(["letterbox", "stretch", "center-crop"]),
    /** With `center-crop`: length to which the shorter side is scaled before. */
    shortSide: side.optional(),
    /** Where a letterboxed picture lies; without meaning for the others, like the next. */
    placement: z.enum(["top-left", "center"]).optional(),
    /** Grey value of the padding, 0 to 255, before scale, mean and std. */
    fill: z.number().min(0).max(255).optional(),
    /** Pictures per run: any number, or exactly so many. */
    batch: z.union([z.literal("dynamic"), z.int().min(1).max(256)], "must be dynamic or 1 to 256"),
    /**
     * A second input, int64 `[N, 2]`, by which the model scales its boxes: the source's size where it gives them in
     * source pixels, else that of its own input.
     */
    sizes: z
      .strictObject({
        name: z.string().min(1).max(MOST_TENSOR_NAME),
        order: z.enum(["width-height", "height-width"]),
      })
      .optional(),
  })
  .superRefine((input, context) => {
    const { channels, mean, std, fit, shortSide, layout, batch } = input;
    const fault = (key: string, message: string): void =>
      context.addIssue({ code: "custom", path: [key], message });
    const isCrop = fit === "center-crop";
    if (isCrop && (shortSide === undefined || shortSide < Math.max(input.width, input.height))) {
      fault("shortSide", "center-crop needs it, at least as long as the input's sides");
    }
    if (!isCrop && shortSide !== undefined) fault("shortSide", "only center-crop takes this");
    for (const key of ["placement", "fill"] as const) {
      if (fit === "letterbox" && input[key] === undefined) fault(key, "letterbox needs it");
    }
    if (layout === "chw" && batch !== 1) fault("batch", "must be 1 where the layout has no N");
    const count = CHANNEL_COUNT[channels];
    for (const [key, values] of Object.entries({ mean, std })) {
      if (values.length === count) continue;
      fault(
        key,
        `must have ${count} ${count === 1 ? "number" : "numbers"}, one for each channel of ${channels}`,
      );
    }
  });
export type InputSpec = z.infer<typeof inputSchema>;
