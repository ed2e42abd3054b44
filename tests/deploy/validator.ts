import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./manifests.ts";

const VALIDATOR = join(ROOT, "../shared/tools/validate-k8s.mjs");

/** Why what needs kubectl is left out, or undefined where it is there. */
export const noKubectl =
  spawnSync("kubectl", ["version", "--client"]).status === 0
    ? undefined
    : "SKIPPED: kubectl is not installed";

/** The same for what needs the validator of manifests, too. */
export const noValidator =
  noKubectl ??
  (existsSync(VALIDATOR) ? undefined : "SKIPPED: shared/tools/validate-k8s.mjs is not here");

export const skip = (why: string | undefined): { skip?: string } =>
  why === undefined ? {} : { skip: why };

export interface Report {
  readonly problems: readonly {
    readonly in: string;
    readonly rule: string;
    readonly message: string;
  }[];
}

export function validate(args: readonly string[]): Report {
  const run = spawnSync("node", [VALIDATOR, "--json", ...args], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  assert.ok(run.status === 0 || run.status === 1, run.stderr);
  return JSON.parse(run.stdout) as Report;
}
