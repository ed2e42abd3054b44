import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DASHBOARDS } from "./dashboards.ts";
import { dashboardText, FOLDER } from "./files.ts";

// Writes the dashboards where Grafana is told to look: `sh scripts/run.sh scripts/dashboards/main.ts`

await mkdir(FOLDER, { recursive: true });
for (const dashboard of DASHBOARDS) {
  await writeFile(join(FOLDER, `${dashboard.uid}.json`), dashboardText(dashboard));
}
