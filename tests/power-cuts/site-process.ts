import { openSmallSite } from "../e2e/small-site.ts";
import { recordSyncs } from "./record-syncs.ts";

// All services in one process, for a power cut to end. Arguments: their folder, the URL of Redis, where to note syncs.

const [folder = "", redisUrl = "", syncLog = ""] = process.argv.slice(2);
await recordSyncs(syncLog);
const { model } = await openSmallSite({
  at: { folder, redisUrl },
  lockMs: 1_000,
  reconcileMs: 200,
});
process.send?.(model);
