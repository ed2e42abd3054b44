import type { FaultCase } from "../fault-case.ts";
import { CLAIMS } from "./claims.ts";
import { DELETING } from "./deleting.ts";
import { FORGETTING } from "./forgetting.ts";
import { LEFTOVERS } from "./leftovers.ts";
import { MODELS } from "./models.ts";
import { OBJECTS } from "./objects.ts";
import { SIZES } from "./sizes.ts";
import { SOURCES } from "./sources.ts";
import { STARTING } from "./starting.ts";
import { TOOLS } from "./tools.ts";
import { WAITING } from "./waiting.ts";
import { WATCHING } from "./watching.ts";

export const CASES: readonly FaultCase[] = [
  ...TOOLS,
  ...OBJECTS,
  ...SOURCES,
  ...FORGETTING,
  ...WATCHING,
  ...DELETING,
  ...WAITING,
  ...CLAIMS,
  ...MODELS,
  ...SIZES,
  ...LEFTOVERS,
  ...STARTING,
];
