import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isMap, isSeq, parseAllDocuments, parseDocument, type Document } from "yaml";

export const ROOT = resolve(import.meta.dirname, "../..");

/** A manifest, to be read and changed by paths such as `["spec", "replicas"]`. */
export type Manifest = Document.Parsed;
type Path = readonly (string | number)[];

export const OVERLAYS = ["dev", "cpu", "gpu", "managed"] as const;

/** What `kubectl apply -k` would send: of an overlay of the repository, or of a folder. */
export function render(overlay: string): Manifest[] {
  const folder = resolve(ROOT, "k8s/overlays", overlay);
  const text = execFileSync("kubectl", ["kustomize", folder], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  return parse(text);
}

export function parse(text: string): Manifest[] {
  return parseAllDocuments(text) as Manifest[];
}

/** The Deployments of the base as kustomize makes them, the settings, and KEDA's objects, without kubectl. */
export function readBase(): Manifest[] {
  const read = (path: string): string => readFileSync(join(ROOT, "k8s", path), "utf8");
  const pod = parseDocument(read("base/pod.yaml"));
  const settings = parseDocument("kind: ConfigMap\nmetadata: { name: settings }\ndata: {}\n");
  for (const [, name, value] of read("base/settings.env").matchAll(/^([A-Z_0-9]+)=(.*)$/gm)) {
    settings.setIn(["data", name], value);
  }
  const deployments = globSync("*.yaml", { cwd: join(ROOT, "k8s/base") })
    .filter((file) => !["pod.yaml", "kustomization.yaml"].includes(file))
    .toSorted()
    .flatMap((file) => parse(read(`base/${file}`)))
    .filter((manifest) => kindOf(manifest) === "Deployment");
  for (const deployment of deployments) {
    const merged = merge(deployment.toJS(), pod.toJS());
    deployment.contents = parseDocument(JSON.stringify(merged)).contents as never;
    deployment.setIn(["spec", "template", "metadata", "labels", "framequeue.io/tier"], "service");
  }
  return [...deployments, settings, ...parse(read("components/keda/keda.yaml"))];
}

/** A strategic merge as far as the manifests need it: maps are merged, lists by `name`; what is there stays. */
function merge(base: unknown, patch: unknown): unknown {
  if (Array.isArray(base) && Array.isArray(patch)) {
    const nameOfItem = (item: unknown): unknown => (item as { name?: unknown }).name;
    const added = patch.filter((item) => !base.some((own) => nameOfItem(own) === nameOfItem(item)));
    const kept = base.map((own: unknown) => {
      const same = patch.find((item) => nameOfItem(own) === nameOfItem(item)) as unknown;
      return same === undefined ? own : merge(own, same);
    });
    return [...kept, ...added];
  }
  if (isRecord(base) && isRecord(patch)) {
    const merged: Record<string, unknown> = { ...patch, ...base };
    for (const key of Object.keys(patch)) {
      if (key in base) merged[key] = merge(base[key], patch[key]);
    }
    return merged;
  }
  return base;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function kindOf(manifest: Manifest): string {
  return text(manifest, ["kind"]);
}

export function nameOf(manifest: Manifest): string {
  return text(manifest, ["metadata", "name"]);
}

/** The text at a path; empty where there is none. */
export function text(manifest: Manifest, path: Path): string {
  const value = manifest.getIn(path);
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** The list at a path as plain values; empty where there is none. */
export function list<T>(manifest: Manifest, path: Path): T[] {
  const value = manifest.getIn(path);
  return isSeq(value) ? (value.toJS(manifest) as T[]) : [];
}

export function entries(manifest: Manifest, path: Path): [string, string][] {
  const value = manifest.getIn(path);
  if (!isMap(value)) return [];
  return Object.entries(value.toJS(manifest) as Record<string, unknown>).map(([key, item]) => [
    key,
    String(item),
  ]);
}

export function find(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.find(
    (manifest) =>
      // Generated names have a hash at their end.
      kindOf(manifest) === kind && nameOf(manifest).replace(/-[a-z0-9]{10}$/, "") === name,
  );
  if (found === undefined) throw new Error(`There is no ${kind} ${name}.`);
  return found;
}

/** All images of all pods. */
export function imagesOf(manifests: readonly Manifest[]): string[] {
  return manifests.flatMap((manifest) =>
    (["containers", "initContainers"] as const).flatMap((kind) =>
      list<{ image: string }>(manifest, ["spec", "template", "spec", kind]).map(
        ({ image }) => image,
      ),
    ),
  );
}
