import { readFileSync } from "node:fs";
import { join } from "node:path";
import { QUEUE_PREFIX } from "@framequeue/contracts";
import { entries, find, kindOf, list, type Manifest, nameOf, ROOT, text } from "./manifests.ts";

/**
 * What no schema knows: whether manifests fit the services that they run. Names of settings, the time a service takes
 * to stop, the keys of its queue, files that settings name.
 */

/** After the drain timeout a service closes what it has open for so long: `runService`. */
const RELEASE_SECONDS = 5;
/** The states in which KEDA must count tasks: what is worked on, and what waits with a priority and without. */
const COUNTED = ["active", "prioritized", "wait"] as const;

interface Variable {
  readonly name: string;
  readonly value?: string;
}

export function serviceFaults(manifests: readonly Manifest[]): string[] {
  const services = manifests.filter((manifest) => kindOf(manifest) === "Deployment");
  const scaled = manifests.filter((manifest) => kindOf(manifest) === "ScaledObject");
  return [
    ...services.flatMap((service) => [
      ...unknownSettings(service, manifests),
      ...graceFaults(service, manifests),
      ...fileFaults(service),
    ]),
    ...scaled.flatMap((object) => scalerFaults(object, manifests)),
  ];
}

/** The environment of a service as the manifests make it. */
export function environmentOf(
  service: Manifest,
  manifests: readonly Manifest[],
): Record<string, string> {
  const settings = find(manifests, "ConfigMap", "settings");
  return {
    ...Object.fromEntries(entries(settings, ["data"])),
    ...Object.fromEntries(ownVariables(service).map(({ name, value = "" }) => [name, value])),
  };
}

function ownVariables(service: Manifest): Variable[] {
  return list<Variable>(service, [...CONTAINER, "env"]);
}

const POD = ["spec", "template", "spec"] as const;
const CONTAINER = [...POD, "containers", 0] as const;

const source = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const namesIn = (path: string): string[] =>
  [...source(path).matchAll(/\b(?:FQ|REDIS|OTEL)_[A-Z0-9_]+/g)].map(([name]) => name);
const COMMON = [
  "common-config.ts",
  "object-store-config.ts",
  "secret-files.ts",
  "tracing/tracing-config.ts",
].flatMap((file) => namesIn(`packages/service/src/${file}`));

function unknownSettings(service: Manifest, manifests: readonly Manifest[]): string[] {
  const name = nameOf(service);
  const known = new Set([...COMMON, ...namesIn(`services/${name}/src/config.ts`)]);
  // The settings are for all services: each name must be one of some service.
  const anyone = new Set([...known, ...namesIn("services/api/src/config.ts")]);
  const own = new Set(ownVariables(service).map((variable) => variable.name));
  return Object.keys(environmentOf(service, manifests))
    .filter((variable) => !variable.startsWith("AWS_"))
    .filter((variable) => !(own.has(variable) ? known : anyone).has(variable.replace(/_FILE$/, "")))
    .map((variable) => `${name}: no service reads ${variable}`);
}

function graceFaults(service: Manifest, manifests: readonly Manifest[]): string[] {
  const grace = Number(text(service, [...POD, "terminationGracePeriodSeconds"]));
  const sleep = Number(text(service, [...CONTAINER, "lifecycle", "preStop", "sleep", "seconds"]));
  const drain = Number(environmentOf(service, manifests)["FQ_DRAIN_TIMEOUT_MS"]) / 1000;
  const needed = sleep + drain + RELEASE_SECONDS;
  return grace > needed
    ? []
    : [`${nameOf(service)}: is killed after ${grace} s, but may need ${needed} s to stop`];
}

/** Files that settings name must be those of a mounted Secret. */
function fileFaults(service: Manifest): string[] {
  interface Volume {
    readonly name: string;
    readonly secret?: { readonly items?: readonly { readonly path: string }[] };
  }
  const volumes = list<Volume>(service, [...POD, "volumes"]);
  const mounts = list<{ name: string; mountPath: string }>(service, [...CONTAINER, "volumeMounts"]);
  const files = new Set(
    mounts.flatMap(({ name, mountPath }) =>
      (volumes.find((volume) => volume.name === name)?.secret?.items ?? []).map(
        ({ path }) => `${mountPath}/${path}`,
      ),
    ),
  );
  return ownVariables(service)
    .filter(({ name, value = "" }) => name.endsWith("_FILE") && !files.has(value))
    .map(({ name, value }) => `${nameOf(service)}: no Secret puts a file at ${name}=${value}`);
}

function scalerFaults(object: Manifest, manifests: readonly Manifest[]): string[] {
  interface Trigger {
    readonly type: string;
    readonly metadata: Record<string, string>;
  }
  const stage = text(object, ["spec", "scaleTargetRef", "name"]);
  const triggers = list<Trigger>(object, ["spec", "triggers"]);
  const keys = triggers.flatMap(({ metadata }) => metadata["listName"] ?? []);
  const wanted = COUNTED.map((state) => `${QUEUE_PREFIX}:${stage}:${state}`);
  const faults: string[] = [];
  for (const key of keys) {
    if (!wanted.includes(key)) faults.push(`${stage}: BullMQ has no tasks of it at ${key}`);
  }
  for (const key of wanted) {
    if (!keys.includes(key)) faults.push(`${stage}: nothing counts ${key}`);
  }
  const service = find(manifests, "Deployment", stage);
  const concurrency = environmentOf(service, manifests)["FQ_CONCURRENCY"];
  const active = triggers.find(({ metadata }) => metadata["listName"]?.endsWith(":active"));
  if (active !== undefined && active.metadata["listLength"] !== concurrency) {
    faults.push(
      `${stage}: a pod works on ${concurrency} tasks, not ${active.metadata["listLength"]}`,
    );
  }
  const rules = source("monitoring/prometheus/rules/work.yml");
  for (const { type, metadata } of triggers) {
    const query = metadata["query"];
    if (type === "prometheus" && !rules.includes(`- record: ${query}\n`)) {
      faults.push(`${stage}: no rule records ${query}`);
    }
  }
  return faults;
}
