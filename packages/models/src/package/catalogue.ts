import { DETECTORS } from "../catalogue/detectors.ts";
import type { CatalogueEntry } from "../catalogue/entry.ts";
import { OTHER_TASKS } from "../catalogue/other-tasks.ts";

export type { CatalogueEntry } from "../catalogue/entry.ts";

/** The models that can be fetched by name. */
export const CATALOGUE: readonly CatalogueEntry[] = [...DETECTORS, ...OTHER_TASKS];
