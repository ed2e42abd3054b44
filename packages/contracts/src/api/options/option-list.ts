import { z } from "zod";
import { uploadOptionsSchema } from "./job-options.ts";

/** What JSON Schema says of a value, as far as options use it, with the notes of its declaration beside. */
interface OptionSchema {
  readonly type?: "boolean" | "integer" | "number" | "string" | "array" | "object";
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, OptionSchema>>;
  readonly oneOf?: readonly OptionSchema[];
  readonly items?: OptionSchema;
  readonly description?: string;
  readonly unset?: string;
  readonly see?: string;
  readonly flag?: string | false;
  readonly value?: string;
}

/** An option as help texts and documents tell of it. */
export interface ListedOption {
  /** Where it stands in the body of a job, such as `options`, `views`, `perTrack`. */
  readonly path: readonly string[];
  readonly text: string;
  readonly type: NonNullable<OptionSchema["type"]>;
  /** What it may be, such as `1 to 60`; empty where any value of its type may. */
  readonly range: string;
  /** The default, or what stands in its place in words. Undefined where it depends on the tracker. */
  readonly default: string | undefined;
  /** Of an option of trackers: the default by the trackers that have it. */
  readonly trackers?: Readonly<Record<string, string>>;
  readonly see?: string;
  /** On the command line. Undefined where a command takes it in a form of its own. */
  readonly flag?: { readonly name: string; readonly value: string };
}

/** Keys of a declaration that are for people alone. */
const NOTES = ["unset", "see", "flag", "value"] as const;

/**
 * The JSON Schema (2020-12, as OpenAPI 3.1 takes it) of what a request may say, with the texts of its options.
 *
 * @param schema of a request, or of a part of one
 */
export function requestSchema(schema: z.ZodType): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(schema, {
    io: "input",
    override: ({ jsonSchema }) => {
      for (const note of NOTES) delete jsonSchema[note];
    },
  });
}

/** Every option of a job, in the order of its declaration; those inside `analytics`, which are a file, are left out. */
export function listJobOptions(): ListedOption[] {
  return listOptions(uploadOptionsSchema).filter(
    ({ path }) => path[0] !== "analytics" || path.length === 1,
  );
}

/** Every option that an object of them has, and those in the objects in it. */
export function listOptions(schema: z.ZodType): ListedOption[] {
  return optionsIn(z.toJSONSchema(schema, { io: "input" }) as OptionSchema, []);
}

function optionsIn(schema: OptionSchema, path: readonly string[]): ListedOption[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, below]) => {
    const at = [...path, name];
    if (below.oneOf !== undefined) return trackerOptions(below, at);
    const own = below.description === undefined ? [] : [listed(below, at)];
    return [...own, ...optionsIn(below, at)];
  });
}

/** The options of all trackers together, each once, with the trackers that have it. */
function trackerOptions(
  { oneOf = [], default: given }: OptionSchema,
  path: readonly string[],
): ListedOption[] {
  const names = oneOf.map(({ properties }) => properties!["algorithm"]!.const!);
  const byPath = new Map<string, ListedOption>();
  for (const [i, { properties = {} }] of oneOf.entries()) {
    const { algorithm: _algorithm, ...options } = properties;
    for (const option of optionsIn({ properties: options }, path)) {
      const key = option.path.join(".");
      const former = byPath.get(key);
      const trackers = { ...former?.trackers, [names[i]!]: option.default ?? "" };
      const range = widest(former?.range, option.range);
      byPath.set(key, { ...option, range, default: undefined, trackers });
    }
  }
  const algorithm: ListedOption = {
    path: [...path, "algorithm"],
    text: "how detections become tracks; `deepsort` needs an `embedder`",
    type: "string",
    range: names.join(", "),
    default: (given as { algorithm: string }).algorithm,
    see: "tracking.md#options",
    flag: { name: "tracker", value: "NAME" },
  };
  return [algorithm, ...byPath.values()];
}

/** `sort` may go without a detection for longer than the others: of two ranges, the open one. */
function widest(former: string | undefined, range: string): string {
  return former?.startsWith("from") === true ? former : range;
}

function listed(schema: OptionSchema, path: readonly string[]): ListedOption {
  const { description = "", type = "string", see, flag = dashed(path.at(-1)!) } = schema;
  return {
    ...{ path, text: description, type, range: rangeOf(schema), default: defaultOf(schema) },
    ...(see === undefined ? {} : { see }),
    ...(flag === false ? {} : { flag: { name: flag, value: schema.value ?? valueOf(schema) } }),
  };
}

function defaultOf({ default: given, unset }: OptionSchema): string {
  if (unset !== undefined) return unset;
  if (given === undefined) return "none";
  return typeof given === "string" ? given : JSON.stringify(given);
}

/** Whole numbers have bounds in JSON Schema even where nobody set any. */
function rangeOf({ type, minimum, maximum, enum: names }: OptionSchema): string {
  if (names !== undefined) return names.join(", ");
  if (type !== "integer" && type !== "number") return "";
  const most = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER) return "";
  return most === undefined ? `from ${minimum}` : `${minimum} to ${most}`;
}

function valueOf({ type }: OptionSchema): string {
  switch (type) {
    case "boolean":
    case "object":
      return "";
    case "array":
      return "A,B";
    case "integer":
    case "number":
      return "N";
    default:
      return "NAME";
  }
}

/** `everyNth` as it stands on a command line: `every-nth`. */
function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
