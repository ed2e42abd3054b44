import type { Attack } from "../attack.ts";
import { hungryModels, loopingModels } from "./bad-models.ts";
import { falseClaims } from "./false-claims.ts";
import { largeRequests } from "./large-requests.ts";
import { longNames } from "./long-names.ts";
import { idleReaders, tricklingUploads } from "./slow-clients.ts";
import { slowServers } from "./slow-servers.ts";

export const ATTACKS: readonly Attack[] = [
  slowServers,
  falseClaims,
  largeRequests,
  longNames,
  loopingModels,
  hungryModels,
  tricklingUploads,
  idleReaders,
];
