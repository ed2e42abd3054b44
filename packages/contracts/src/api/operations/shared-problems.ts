import type { ProblemCode } from "../problems.ts";

/** What may come of looking into the store … */
export const READS = ["store-unavailable"] as const satisfies readonly ProblemCode[];

/** … and of putting something there, or into the queue. */
export const WRITES = [...READS, "store-full"] as const satisfies readonly ProblemCode[];
