import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/**
 * The rules of monitoring/prometheus/rules as objects for the Prometheus operator: the same text under `spec`, which
 * kustomize cannot do. `node scripts/prometheus-rules.ts` writes them.
 */

const ROOT = resolve(import.meta.dirname, "..");
const FILES = ["work", "alerts"] as const;

export const PROMETHEUS_RULES = join(ROOT, "k8s/components/monitoring/rules.yaml");

export function prometheusRules(): string {
  return FILES.map((name) => {
    const rules = readFileSync(join(ROOT, `monitoring/prometheus/rules/${name}.yml`), "utf8");
    const spec = rules.trimEnd().replaceAll(/^(?=.)/gm, "  ");
    return `# Made of monitoring/prometheus/rules/${name}.yml by \`node scripts/prometheus-rules.ts\`.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: framequeue-${name}
  labels: { release: kube-prometheus-stack }
spec:
${spec}
`;
  }).join("---\n");
}

if (import.meta.main) writeFileSync(PROMETHEUS_RULES, prometheusRules());
