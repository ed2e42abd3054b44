import { createHash } from "node:crypto";
import {
  fieldsOf,
  invalid,
  type JobResult,
  type ModelRef,
  ProblemError,
} from "@framequeue/contracts";
import type { Format } from "../format.ts";
import { CONDITIONS } from "../format.ts";
import { formatOf } from "../formats.ts";
import { KEPT, type KeptNeed } from "../rows/kept-rows.ts";

/** A format that can be made of what a job left. */
export type KeptFormat = { [N in KeptNeed]: Format<N> & { readonly needs: N } }[KeptNeed];

/** Something that can be made of a job that has ended: what of, how, and under which name it lies. */
export interface Derivation {
  /** sha256 of all that its bytes depend on, in hexadecimal. */
  readonly name: string;
  readonly format: KeptFormat;
  readonly options: unknown;
  /** The job's file that it is made from. */
  readonly input: { readonly file: string; readonly artifact: JobResult["artifacts"][string] };
}

/** The format of that name, where it is one that is made on request. */
export function requestedFormat(name: string): KeptFormat | undefined {
  const found = formatOf(name);
  return found?.made === "request" ? (found as KeptFormat) : undefined;
}

/**
 * Names what is asked for by what it is made of, so that whoever asks for the same, and whoever makes it, means the same
 * object.
 *
 * @param asked options by name: text of a query, or what was read from it before
 * @throws ProblemError `unknown-option`, `invalid-request` for what an option does not take, `not-found` where the job has nothing
 * that it could be made of
 */
export function deriveFormat(
  { job, artifacts }: Pick<JobResult, "job" | "artifacts">,
  models: readonly Pick<ModelRef, "role">[],
  format: KeptFormat,
  asked: unknown,
): Derivation {
  const file = KEPT[format.needs];
  const artifact = artifacts[file];
  if (artifact === undefined) {
    throw new ProblemError(
      "not-found",
      `${format.name} is made of ${file}, which job ${job} does not have: there is one ${CONDITIONS[format.when].text}.`,
      { at: "name" },
    );
  }
  const seen = new Set<string>(models.flatMap(({ role }) => fieldsOf(role)));
  if (format.holds?.some((field) => seen.has(field)) === false) {
    throw new ProblemError(
      "not-found",
      `${format.name} holds ${format.holds.join(" and ")}, and the models of job ${job} find none.`,
      { at: "name" },
    );
  }
  const options = optionsOf(format, asked);
  const facts = {
    v: 1,
    kind: "format",
    format: format.name,
    revision: format.revision ?? 1,
    options,
    inputs: { [file]: artifact.sha256 },
  };
  const name = createHash("sha256").update(canonical(facts)).digest("hex");
  return { name, format, options, input: { file, artifact } };
}

function optionsOf({ name, options }: KeptFormat, asked: unknown): unknown {
  if (options === undefined) return {};
  const { data, error } = options.safeParse(asked);
  if (error !== undefined) {
    const isUnknown = error.issues.every(({ code }) => code === "unrecognized_keys");
    throw invalid(isUnknown ? "unknown-option" : "invalid-request", name, error);
  }
  return data;
}

/** JSON whose keys are sorted, so that equal values are equal text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    each !== null && typeof each === "object" && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
