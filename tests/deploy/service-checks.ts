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
  readonly valueFrom?: {
    readonly configMapKeyRef?: { readonly name: string; readonly key: string };
  };
}

export function serviceFaults(manifests: readonly Manifest[]): string[] {
  const services = manifests.filter((manifest) => kindOf(manifest) === "Deployment");
  const scaled = manifests.filter((manifest) => kindOf(manifest) === "ScaledObject");
  return [
    ...services.flatMap((service) => [
      ...unknownSettings(service, manifests),
      ...graceFaults(service, manifests),
      ...fileFaults(service),
      ...diskFaults(service, manifests),
      ...cardFaults(service),
    ]),
    ...scaled.flatMap((object) => scalerFaults(object, manifests)),
  ];
}

/** The environment of a service as a node makes it from the manifests: `$(NAME)` is a variable that stands before. */
export function environmentOf(
  service: Manifest,
  manifests: readonly Manifest[],
): Record<string, string> {
  const named = (name: string): Manifest | undefined =>
    manifests.find((manifest) => kindOf(manifest) === "ConfigMap" && nameOf(manifest) === name);
  const shared = list<{ configMapRef: { name: string } }>(service, [...CONTAINER, "envFrom"]);
  const own: Record<string, string> = {};
  for (const { name, value = "", valueFrom } of ownVariables(service)) {
    const from = valueFrom?.configMapKeyRef;
    own[name] =
      from === undefined
        ? value.replace(/\$\((\w+)\)/g, (reference, other: string) => own[other] ?? reference)
        : text(named(from.name)!, ["data", from.key]);
  }
  return {
    ...Object.fromEntries(
      shared.flatMap(({ configMapRef }) => entries(named(configMapRef.name)!, ["data"])),
    ),
    ...own,
  };
}

/** Variables that are there to make others of. */
function parts(service: Manifest): Set<string> {
  const used = ownVariables(service).flatMap(({ value = "" }) =>
    [...value.matchAll(/\$\((\w+)\)/g)].map(([, name]) => name!),
  );
  return new Set([...used, "REDIS_ADDRESS"]);
}

function ownVariables(service: Manifest): Variable[] {
  return list<Variable>(service, [...CONTAINER, "env"]);
}

const POD = ["spec", "template", "spec"] as const;
const CONTAINER = [...POD, "containers", 0] as const;

const source = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const namesIn = (path: string): string[] =>
  [...source(path).matchAll(/\b(?:FQ|REDIS|OTEL)_[A-Z0-9_]+/g)].map(([name]) => name);
const SERVICES = ["api", "ingest", "decode", "enhance", "infer", "track", "index", "render"];
const COMMON = [
  "config/common-config.ts",
  "config/object-store-config.ts",
  "config/secret-files.ts",
  "tracing/tracing-config.ts",
].flatMap((file) => namesIn(`packages/service/src/${file}`));

function unknownSettings(service: Manifest, manifests: readonly Manifest[]): string[] {
  const name = nameOf(service);
  const known = new Set([...COMMON, ...namesIn(`services/${name}/src/config.ts`)]);
  // The settings are for all services: each name must be one of some service.
  const anyone = new Set([
    ...known,
    ...SERVICES.flatMap((other) => namesIn(`services/${other}/src/config.ts`)),
  ]);
  const own = new Set(ownVariables(service).map((variable) => variable.name));
  const helping = parts(service);
  return Object.keys(environmentOf(service, manifests))
    .filter((variable) => !variable.startsWith("AWS_") && !helping.has(variable))
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

const GIB = 2 ** 30;

/** Bytes of a quantity with a binary unit. */
function bytesOf(quantity: string): number {
  const [, number, unit] = /^(\d+)([KMG])i$/.exec(quantity) ?? [];
  return Number(number) * { K: 2 ** 10, M: 2 ** 20, G: GIB }[unit as "K" | "M" | "G"];
}

/**
 * What a pod writes to its node's disk must fit into what it asked for, and be bounded: a node counts requests when it
 * takes a pod, and evicts the pods that use more when its disk is full.
 */
function diskFaults(service: Manifest, manifests: readonly Manifest[]): string[] {
  const name = nameOf(service);
  interface Volume {
    readonly emptyDir?: { readonly sizeLimit?: string; readonly medium?: string };
  }
  const faults: string[] = [];
  const [requested, limit] = (["requests", "limits"] as const).map((kind) =>
    text(service, [...CONTAINER, "resources", kind, "ephemeral-storage"]),
  ) as [string, string];
  if (limit === "" || requested !== limit) {
    faults.push(`${name}: asks for ${requested || "no"} disk, but may use ${limit || "any"}`);
  }
  const scratch = list<Volume>(service, [...POD, "volumes"])
    .filter(({ emptyDir }) => emptyDir !== undefined && emptyDir.medium !== "Memory")
    .reduce((sum, { emptyDir }) => sum + bytesOf(emptyDir!.sizeLimit ?? ""), 0);
  if (!(scratch <= bytesOf(limit)))
    faults.push(`${name}: may use ${limit} disk, less than its /tmp`);
  const needed = diskNeeded(name, environmentOf(service, manifests));
  if (!(needed <= scratch)) {
    faults.push(`${name}: needs ${Math.ceil(needed / GIB)} GiB of disk for what it is set to hold`);
  }
  return faults;
}

/** Bytes of local copies: a source for each task, copies that are kept, and what render makes of a source. */
function diskNeeded(name: string, env: Readonly<Record<string, string>>): number {
  const read = (setting: string): number => Number(env[setting]);
  if (!["ingest", "decode", "index", "render"].includes(name)) return 0;
  const each = read("FQ_SOURCE_LIMIT_BYTES") * (name === "render" ? 2 : 1);
  return read("FQ_CONCURRENCY") * each + read("FQ_S3_COPIES_BYTES");
}

/** A card is for a service that says what it runs on. */
function cardFaults(service: Manifest): string[] {
  const name = nameOf(service);
  const cards = text(service, [...CONTAINER, "resources", "limits", "nvidia.com/gpu"]);
  if (cards === "" || namesIn(`services/${name}/src/config.ts`).includes("FQ_PROVIDERS")) return [];
  return [`${name}: reserves ${cards} card that it cannot use`];
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
    const rule = query?.replace(/\{.*$/, "");
    if (type === "prometheus" && !rules.includes(`- record: ${rule}\n`)) {
      faults.push(`${stage}: no rule records ${rule}`);
    }
  }
  return faults;
}
