import { z } from "zod";

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
    units: z.enum(["pixels", "relative"]).default("pixels"),
    /** The point of a box that stands for its object: where it touches the ground, or its centre. */
    anchor: z.enum(["bottom", "center"]).default("bottom"),
    /** Only objects of these labels. Default: all. */
    labels: z.array(z.string().min(1)).min(1).optional(),
    lines: z.array(lineSchema).max(100).default([]),
    zones: z.array(zoneSchema).max(100).default([]),
    /**
     * How far beyond a border an object must be to have crossed it, in pixels of the source. Default: a hundredth of the
     * picture's height. Boxes tremble, and what stands on a line must not cross it in every frame.
     */
    margin: z.number().min(0).optional(),
    /** Four points of the picture and where they are on the ground, in metres: with it, speed is in metres per second. */
    calibration: z.strictObject({ image: fourPoints, ground: fourPoints }).optional(),
    /** Whether events tell when tracks start, are lost, found and end. Default: they do not. */
    trackEvents: z.boolean().optional(),
    /** Length of an entry of the time series. */
    intervalSeconds: z.number().positive().max(86_400).default(60),
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
