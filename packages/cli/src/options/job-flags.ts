import {
  DEFAULT_TRACKER,
  invalid,
  listJobOptions,
  type ListedOption,
  ProblemError,
  TRACKER_NAMES,
  type UploadOptions,
  uploadOptionsSchema,
} from "@framequeue/contracts";
import type { HelpRow } from "../text/help-lines.ts";

/** An option of a job that a command takes as a flag. */
type FlagOption = ListedOption & Required<Pick<ListedOption, "flag">>;

/** What `parseArgs` made of a command line. */
type Values = Readonly<Record<string, unknown>>;

/** A job as JSON says it, before its schema is asked. */
type Body = { [name: string]: unknown };

/** Options of a job as flags of a command: names, help and bounds come from where the options are declared. */
export interface JobFlags {
  /** For `parseArgs`, with `allowNegative`. */
  readonly config: Readonly<Record<string, { readonly type: "string" | "boolean" }>>;
  /** Of the options that hold for every tracker or none, and of those that some trackers have. */
  readonly help: { readonly job: readonly HelpRow[]; readonly tracker: readonly HelpRow[] };
  /**
   * What the flags say, and what `more` adds to it.
   *
   * @throws ProblemError `invalid-request` naming every flag at fault
   */
  read(values: Values, more?: (body: Body) => void): UploadOptions;
}

/** @param wanted which of the options the command takes */
export function jobFlags(wanted: (option: ListedOption) => boolean): JobFlags {
  const options = listJobOptions()
    .filter((option): option is FlagOption => option.flag !== undefined)
    .filter(wanted);
  const isOfTracker = ({ trackers }: FlagOption): boolean => trackers !== undefined;
  return {
    config: Object.fromEntries(
      options.map((option) => [
        option.flag.name,
        { type: isSwitch(option) ? "boolean" : "string" },
      ]),
    ),
    help: {
      job: options.filter((option) => !isOfTracker(option)).map(helpRow),
      tracker: options.filter(isOfTracker).map(helpRow),
    },
    read(values, more) {
      const body = bodyOf(options, values);
      checkTracker(options, values);
      more?.(body);
      const { data, error } = uploadOptionsSchema.safeParse(body);
      if (data !== undefined) return data;
      throw inFlags(invalid("invalid-request", "options", error), options);
    },
  };
}

/** `recall` is a switch, too: the options in it have flags of their own. */
function isSwitch({ type }: ListedOption): boolean {
  return type === "boolean" || type === "object";
}

function bodyOf(options: readonly FlagOption[], values: Values): Body {
  const body: Body = {};
  for (const option of options) {
    const said = values[option.flag.name];
    if (said === undefined) continue;
    const value = typeof said === "string" ? valueOf(option, said) : said;
    if (option.type !== "object") place(body, option.path, value);
    else if (value === true) place(body, option.path, {});
  }
  return body;
}

/** Puts a value where its option stands; the objects on the way are made. */
export function place(body: Body, path: readonly string[], value: unknown): void {
  let at = body;
  for (const name of path.slice(0, -1)) at = (at[name] ??= {}) as Body;
  at[path.at(-1)!] = value;
}

/** The schema judges the value, so a text that is no number stays a text. */
function valueOf({ type }: ListedOption, text: string): unknown {
  if (type === "array") return text.split(",").map((each) => each.trim());
  if (type !== "integer" && type !== "number") return text;
  const value = Number(text);
  return text.trim() === "" || Number.isNaN(value) ? text : value;
}

/** @throws ProblemError where a flag is for other trackers than the one that is asked for */
function checkTracker(options: readonly FlagOption[], values: Values): void {
  const { tracker = DEFAULT_TRACKER } = values as { readonly tracker?: string };
  for (const { flag, trackers } of options) {
    if (trackers === undefined || values[flag.name] === undefined || tracker in trackers) continue;
    const known = options.some((option) => option.trackers && tracker in option.trackers);
    if (!known) continue;
    const names = Object.keys(trackers).join(", ");
    throw new ProblemError(
      "invalid-request",
      `--${flag.name} is for --tracker ${names}, and the tracker is ${tracker}.`,
      { at: `--${flag.name}` },
    );
  }
}

/** A problem about fields of a job, in the words of the command line. */
function inFlags(
  { code, errors = [] }: ProblemError,
  options: readonly FlagOption[],
): ProblemError {
  const faults = errors.map(({ at, detail }) => ({ at: flagOf(at, options) ?? at, detail }));
  return new ProblemError(code, faults.map(({ at, detail }) => `${at}: ${detail}`).join("; "), {
    ...(faults[0] === undefined ? {} : { at: faults[0].at }),
    errors: faults,
  });
}

/** The flag of a field, or of the field that it is in. */
function flagOf(field: string, options: readonly FlagOption[]): string | undefined {
  const around = options
    .filter(({ path }) => `${field}.`.startsWith(`${path.join(".")}.`))
    .sort((a, b) => b.path.length - a.path.length);
  return around[0] && `--${around[0].flag.name}`;
}

function helpRow(option: FlagOption): HelpRow {
  const { flag, text, range, trackers = {} } = option;
  const values = [...new Set(Object.values(trackers))];
  const given = option.default ?? (values.length === 1 ? values[0]! : listed(trackers));
  // What is on by itself is switched off.
  const isOn = option.type === "boolean" && given === "true";
  const name = `--${isOn ? "[no-]" : ""}${flag.name}${flag.value === "" ? "" : ` ${flag.value}`}`;
  const isSaid = given !== "none" && (isOn || !isSwitch(option)) && !isInSwitch(option);
  const names = Object.keys(trackers);
  const notes = [
    names.length === TRACKER_NAMES.length || values.length > 1 ? "" : names.join(", "),
    range,
    isSaid ? `default ${plain(given)}` : "",
  ].filter((note) => note !== "");
  return [name, `${plain(text)}${notes.length === 0 ? "" : ` (${notes.join("; ")})`}`];
}

/** Defaults that differ from tracker to tracker. */
function listed(trackers: Readonly<Record<string, string>>): string {
  return Object.entries(trackers)
    .map(([tracker, value]) => `${value} for ${tracker}`)
    .join(", ");
}

/** Whether the flag switches on what the option is a part of, so that there is no value without it. */
function isInSwitch({ path }: FlagOption): boolean {
  const above = path.slice(0, -1).join(".");
  return listJobOptions().some(
    (option) => option.path.join(".") === above && option.flag === undefined,
  );
}

/** Terminals show backticks as they are. */
function plain(text: string): string {
  return text.replaceAll("`", "");
}
