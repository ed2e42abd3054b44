import { resolve } from "node:path";
import { ARCHITECTURE } from "./architecture.ts";
import { importFaults } from "./import-faults.ts";

// Prints every import that breaks the architecture; exit status 1 when there is one.
const faults = importFaults(resolve(import.meta.dirname, ".."), ARCHITECTURE);
for (const fault of faults) console.error(fault);
if (faults.length > 0) {
  console.error(
    `${faults.length} import${faults.length === 1 ? "" : "s"} against scripts/architecture.ts`,
  );
  process.exitCode = 1;
}
