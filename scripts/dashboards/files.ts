import { resolve } from "node:path";
import { type Dashboard, toJson } from "./grafana.ts";

export const FOLDER = resolve(import.meta.dirname, "../../monitoring/grafana/dashboards");

export function dashboardText(dashboard: Dashboard): string {
  return `${JSON.stringify(toJson(dashboard), undefined, 2)}\n`;
}
