import type { ModelRef } from "@framequeue/contracts";
import type { Jobs } from "@framequeue/pipeline";
import type { Logger, Registry } from "@framequeue/service";
import type { ObjectStore } from "@framequeue/storage";

/** What the API works with. */
export interface ApiDeps {
  readonly jobs: Jobs;
  readonly objects: ObjectStore;
  /** The model of that name, or the default one. Throws `model-not-found`. */
  readonly resolveModel: (name: string | undefined) => Promise<ModelRef>;
  /** Folders below which `path` sources may lie. */
  readonly sourceRoots: readonly string[];
  readonly uploadLimitBytes: number;
  /** Any of them opens `/v1`. Without keys only requests that name this machine as localhost are answered. */
  readonly apiKeys: readonly string[];
  readonly logger: Logger;
  readonly metrics: Registry;
  /** Whether jobs can be taken and looked up now. */
  readonly ready: () => boolean | Promise<boolean>;
}
