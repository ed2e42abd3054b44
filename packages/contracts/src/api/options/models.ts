import { z } from "zod";
import { option } from "./option.ts";

const nameSchema = z.string().min(1).optional();

/** Which registered models a job runs: `name`, `name@version`, `name@stable` or `name@canary`. */
export const modelOptions = {
  model: option(nameSchema, {
    text: "name of a registered model, a detector, or a classifier or segmenter of whole frames: `name`, `name@version`, `name@stable`, `name@canary`",
    unset: "`FQ_DEFAULT_MODEL`",
    // There it may be a file, too, and is fetched where it is not there.
    flag: false,
  }),
  classifier: option(nameSchema, {
    text: "model that classifies what the detector finds",
    value: "NAME|FILE",
    see: "models.md#classifiers-and-segmenters",
  }),
  segmenter: option(nameSchema, {
    text: "model that says of every pixel what it shows",
    value: "NAME|FILE",
    see: "models.md#classifiers-and-segmenters",
  }),
  embedder: option(nameSchema, {
    text: "model for embedding, such as `person-reid-0287`, by whose vectors some trackers tell looks",
    value: "NAME|FILE",
    see: "models.md#looks",
  }),
} as const;
