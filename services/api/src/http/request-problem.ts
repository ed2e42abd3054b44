import { listed, ProblemError } from "@framequeue/contracts";
import type { z } from "zod";

interface Fault {
  readonly at: string;
  readonly detail: string;
  readonly unknown: boolean;
}

/** What is wrong with a request, every fault by its field. Unknown fields are `unknown-option`. */
export function requestProblem(error: z.ZodError, what: string): ProblemError {
  const faults = faultsOf(error.issues, [], what);
  const [first] = faults;
  return new ProblemError(
    faults.some(({ unknown }) => unknown) ? "unknown-option" : "invalid-request",
    listed(
      faults.map(({ at, detail, unknown }) => (unknown ? detail : `${at}: ${detail}`)),
      "; ",
    ),
    {
      ...(first === undefined ? {} : { at: first.at }),
      errors: faults.map(({ at, detail }) => ({ at, detail })),
    },
  );
}

function faultsOf(
  issues: readonly z.core.$ZodIssue[],
  above: readonly PropertyKey[],
  what: string,
): Fault[] {
  return issues.flatMap((issue): Fault[] => {
    const path = [...above, ...issue.path];
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => {
        const at = nameOf([...path, key], what);
        return { at, detail: `There is no option ${at}.`, unknown: true };
      });
    }
    if (issue.code === "invalid_union") {
      // The alternative that was most likely meant is the one with the fewest faults, if there is one such.
      const [best, next] = issue.errors.toSorted((a, b) => a.length - b.length);
      if (best !== undefined && best.length > 0 && best.length < (next?.length ?? Infinity)) {
        return faultsOf(best, path, what);
      }
      const detail =
        path[0] === "source" ? 'must be {"url": "https://…"} or {"path": "/…"}' : issue.message;
      return [{ at: nameOf(path, what), detail, unknown: false }];
    }
    return [{ at: nameOf(path, what), detail: issue.message, unknown: false }];
  });
}

function nameOf(path: readonly PropertyKey[], what: string): string {
  return path.length === 0 ? what : path.map(String).join(".");
}
