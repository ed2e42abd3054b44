import type { Attack } from "../attack.ts";
import { badModels } from "./bad-models.ts";
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
  badModels,
  tricklingUploads,
  idleReaders,
];
