import type { Problem } from "@framequeue/contracts";
import type { ModelPackage } from "../package/package.ts";
import type { CheckOptions } from "./check-model.ts";

/** What a process is to check. */
export interface CheckOrder {
  readonly file: string;
  readonly options: Omit<CheckOptions, "metadata" | "labels"> & {
    /** Names of the classes, as `readLabels` reads them. */
    readonly labelsFile?: string | undefined;
  };
  /** Memory that the process may take, in bytes. */
  readonly memoryBytes: number;
}

export type CheckReply =
  { readonly model: ModelPackage } | { readonly problem: Problem } | { readonly outgrown: true };
