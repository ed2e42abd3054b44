import { z } from "zod";
import { labelsSchema } from "./detection.ts";
import { option } from "./option.ts";

const pointSchema = z.tuple([z.number(), z.number()]);
const nameSchema = z.string().min(1).max(100);
/** No three of them on one line: they span a plane. */
const fourPoints = z
  .tuple([pointSchema, pointSchema, pointSchema, pointSchema])
  .refine((points) => !hasThreeInLine(points), "no three of the points may be on one line");

/** Of the largest triangle that three of the points make, what counts as none. */
const FLAT = 1e-6;

function hasThreeInLine(points: readonly (readonly [number, number])[]): boolean {
  const areas = points.map((_, left) => {
    const [a, b, c] = points.filter((__, i) => i !== left);
    return Math.abs((b![0] - a![0]) * (c![1] - a![1]) - (b![1] - a![1]) * (c![0] - a![0]));
  });
  return Math.min(...areas) <= FLAT * Math.max(...areas);
}

/** A line that is crossed. `in` is from its left-hand to its right-hand side, looking from `from` to `to`. */
const lineSchema = z
  .strictObject({ name: nameSchema, from: pointSchema, to: pointSchema })
  .refine(({ from, to }) => from[0] !== to[0] || from[1] !== to[1], {
    path: ["to"],
    error: "must not be where the line begins",
  });

const zoneSchema = z.strictObject({
  name: nameSchema,
  polygon: z.array(pointSchema).min(3).max(100),
});

/** What is counted over the tracks of a job. Points are in pixels of the source as it is shown, or shares of its sides. */
export const analyticsOptionsSchema = z
  .strictObject({
    units: option(z.enum(["pixels", "relative"]).default("pixels"), {
      text: "of all points: pixels of the source as it is shown, or `relative`: shares of its width and height",
    }),
    anchor: option(z.enum(["bottom", "center"]).default("bottom"), {
      text: "the point that stands for an object: the middle of its box's lower edge, where it touches the ground, or the `center`",
    }),
    labels: option(labelsSchema.optional(), { text: "only these are counted", unset: "all" }),
    lines: option(z.array(lineSchema).max(100).default([]), {
      text: "`name`, `from`, `to`. `in` is from the left-hand to the right-hand side, as seen by somebody who stands at `from` and looks to `to`",
      unset: "none",
    }),
    zones: option(z.array(zoneSchema).max(100).default([]), {
      text: "`name`, `polygon` of 3 to 100 points",
      unset: "none",
    }),
    // Boxes tremble, and what stands on a line must not cross it in every frame.
    margin: option(z.number().min(0).optional(), {
      text: "how far beyond a border, in pixels of the source, an object must be to have crossed it",
      unset: "1 % of height",
    }),
    calibration: option(z.strictObject({ image: fourPoints, ground: fourPoints }).optional(), {
      text: "`image`, four points of the picture, and `ground`, where these are in metres: speeds are then in metres per second instead of pixels per second",
      unset: "none",
    }),
    trackEvents: option(z.boolean().optional(), {
      text: "events also tell when each track starts, is lost, found and ends",
      default: false,
    }),
    intervalSeconds: option(z.number().positive().max(86_400).default(60), {
      text: "length of an entry of the time series, in seconds",
    }),
  })
  .superRefine(({ lines, zones }, context) => {
    for (const [field, list] of Object.entries({ lines, zones })) {
      for (const [i, { name }] of list.entries()) {
        if (list.findIndex((other) => other.name === name) === i) continue;
        const message = `${name} is the name of an earlier one`;
        context.addIssue({ code: "custom", path: [field, i, "name"], message });
      }
    }
  });
export type AnalyticsOptions = z.infer<typeof analyticsOptionsSchema>;

export const analyticsOption = {
  analytics: option(analyticsOptionsSchema.optional(), {
    text: "count what crosses lines and stays in zones: gives more files and leaves the others as they are",
    unset: "nothing is counted",
    see: "analytics.md",
    // A file there: lines and zones do not fit a command line.
    flag: false,
  }),
} as const;
