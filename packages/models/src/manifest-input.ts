import { z } from "zod";

const side = z.int().min(1).max(8192);

/** Channels of each order. */
export const CHANNEL_COUNT = { rgb: 3, bgr: 3 } as const;

const perChannel = z.array(z.number()).min(1).max(3);

/** How a picture becomes the network's input: each value v of a channel enters as `(v * scale - mean) / std`. */
export const inputSchema = z
  .strictObject({
    /** Name of the graph's input. */
    name: z.string().min(1),
    layout: z.enum(["nchw", "nhwc"]),
    width: side,
    height: side,
    /** Order of the channels, and of `mean` and `std`. */
    channels: z.enum(["rgb", "bgr"]),
    scale: z.number().positive(),
    mean: perChannel,
    std: perChannel.refine((std) => std.every((value) => value > 0), "must be above 0"),
    fit: z.enum(["letterbox", "stretch"]),
    placement: z.enum(["top-left", "center"]),
    /** Grey value of the padding, 0 to 255, before scale, mean and std. */
    fill: z.number().min(0).max(255),
    /** Pictures per run: any number, or exactly so many. */
    batch: z.union([z.literal("dynamic"), z.int().min(1).max(256)], "must be dynamic or 1 to 256"),
    /**
     * A second input, int64 `[N, 2]`, by which the model scales its boxes: the source's size where it gives them in
     * source pixels, else that of its own input.
     */
    sizes: z
      .strictObject({ name: z.string().min(1), order: z.enum(["width-height", "height-width"]) })
      .optional(),
  })
  .superRefine(({ channels, mean, std }, context) => {
    const count = CHANNEL_COUNT[channels];
    for (const [key, values] of Object.entries({ mean, std })) {
      if (values.length === count) continue;
      const message = `must have ${count} numbers, one for each channel of ${channels}`;
      context.addIssue({ code: "custom", path: [key], message });
    }
  });
export type InputSpec = z.infer<typeof inputSchema>;
