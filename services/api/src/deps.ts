import type { Derivations, Jobs, Pipeline } from "@framequeue/pipeline";
import type { Logger, Registry } from "@framequeue/service";
import type { ObjectStore } from "@framequeue/storage";
import type { ModelCheck } from "./models/model-check.ts";
import type { ModelResolver } from "./models/model-resolver.ts";

/** What the API works with. */
export interface ApiDeps {
  readonly jobs: Jobs;
  readonly objects: ObjectStore;
  /** What is made of results when somebody asks for it. */
  readonly derivations: Derivations;
  /** The model of that name, or the default one. Throws `model-not-found`. */
  readonly resolveModel: ModelResolver;
  /** Where models and their aliases are, and who has them loaded. */
  readonly registry: Pick<Pipeline, "redis" | "site" | "objects" | "roster">;
  /** Folders below which `path` sources may lie. */
  readonly sourceRoots: readonly string[];
  readonly uploadLimitBytes: number;
  /** Size of a model that is uploaded. */
  readonly modelLimitBytes: number;
  readonly checkModel: ModelCheck;
  /** Any of them opens `/v1`. Without keys only requests that name this machine as localhost are answered. */
  readonly apiKeys: readonly string[];
  /** Any of them opens `/admin`. Without one there is no such page. */
  readonly adminKeys: readonly string[];
  readonly logger: Logger;
  readonly metrics: Registry;
  /** Whether an answer that is not as its operation declares it is an error; for tests. Default: nobody looks. */
  readonly checkAnswers?: boolean;
  /** Whether jobs can be taken and looked up now. */
  readonly ready: () => boolean | Promise<boolean>;
}
