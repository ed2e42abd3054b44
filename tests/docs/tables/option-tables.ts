import {
  analyticsOptionsSchema,
  listJobOptions,
  type ListedOption,
  listOptions,
  TRACKER_NAMES,
  TRACKER_PRESETS,
} from "@framequeue/contracts";
import { code, table } from "./markdown.ts";

/** The tables of options in the documents, made from where the options are declared; by the name of their place. */
export const OPTION_TABLES: Readonly<Record<string, () => string>> = {
  "job-options": () =>
    table(
      ["field", "values", "default", "meaning"],
      listJobOptions()
        .filter(({ trackers }) => trackers === undefined)
        .map((option) => [
          code(`\`${option.path.join(".")}\``),
          valuesOf(option),
          code(option.default ?? ""),
          meaningOf(option),
        ]),
    ),
  "tracker-options": () =>
    table(
      ["option", ...TRACKER_NAMES.map((name) => `\`${name}\``), "values", "meaning"],
      listJobOptions().flatMap((option) => {
        const { path, trackers } = option;
        if (trackers === undefined) return [];
        const defaults = TRACKER_NAMES.map((name) => code(trackers[name] ?? ""));
        const name = `\`${path.slice(2).join(".")}\``;
        return [[name, ...defaults, valuesOf(option), meaningOf(option)]];
      }),
    ),
  "tracker-presets": () =>
    table(
      ["tracker", "option", "`default`", "`reference`"],
      TRACKER_NAMES.flatMap((tracker) => {
        const reference = new Map(Object.entries(TRACKER_PRESETS.reference[tracker]));
        return Object.entries(TRACKER_PRESETS.default[tracker])
          .filter(([option, value]) => reference.get(option) !== value)
          .map(([option, value]) => [
            tracker,
            option,
            JSON.stringify(value),
            JSON.stringify(reference.get(option)),
          ])
          .map((row) => row.map((cell) => `\`${cell}\``));
      }),
    ),
  "analytics-options": () =>
    table(
      ["field", "default", "meaning"],
      listOptions(analyticsOptionsSchema)
        .filter(({ path }) => path.length === 1)
        .map((option) => [`\`${option.path[0]}\``, code(option.default ?? ""), meaningOf(option)]),
    ),
};

function valuesOf({ range, type }: ListedOption): string {
  if (type === "boolean") return "`true`, `false`";
  return type === "string" && range !== "" ? range.replaceAll(/\w+/g, "`$&`") : range;
}

function meaningOf({ text, see }: ListedOption): string {
  return see === undefined ? text : `${text} ([${see.replace(/#.*/, "")}](${see}))`;
}
