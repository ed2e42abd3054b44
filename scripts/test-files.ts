import { relative, resolve } from "node:path";

export interface TestRequest {
  /** Test files to run, relative to the repository. */
  readonly files: readonly string[];
  /** Options for `node --test`, as they were given. */
  readonly options: readonly string[];
}

/**
 * Sorts the arguments of `npm test` into options (anything with a leading dash; write values as `--name=value`) and
 * filters. A test file runs when a filter is part of its path in the repository, or names it or a folder above it
 * as seen from `caller`. Without filters every test file runs.
 *
 * @param sources every TypeScript file, relative to `root`, with `/`
 */
export function requestedTests(
  args: readonly string[],
  sources: readonly string[],
  root: string,
  caller: string,
): TestRequest {
  const options = args.filter((arg) => arg.startsWith("-"));
  const filters = args.filter((arg) => !arg.startsWith("-"));
  const files = sources.filter(
    (file) =>
      file.endsWith(".test.ts") &&
      (filters.length === 0 || filters.some((filter) => matches(file, filter, root, caller))),
  );
  return { files, options };
}

function matches(file: string, filter: string, root: string, caller: string): boolean {
  if (file.includes(filter.replace(/^\.\//, ""))) return true;
  const named = relative(root, resolve(caller, filter)).replaceAll("\\", "/");
  return file === named || file.startsWith(`${named}/`);
}
