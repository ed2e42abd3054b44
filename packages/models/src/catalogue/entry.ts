import type { ModelManifest } from "../manifest/manifest.ts";

/** A model that can be fetched by its name. */
export interface CatalogueEntry {
  readonly name: string;
  /** Pinned to one version: what it serves is checked against `bytes` and `sha256`. */
  readonly url: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly license: string;
  readonly manifest: ModelManifest;
}

/** A manifest without what its entry says already. */
type Described<M> = M extends ModelManifest
  ? Omit<M, "schemaVersion" | "name" | "file" | "sha256" | "license">
  : never;

/** What a commit of a public repository holds under a path. */
interface Pinned {
  readonly repository: string;
  readonly commit: string;
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly license: string;
}

/** An entry whose file is fetched from one commit of a public repository. */
export function pinned(
  name: string,
  { repository, commit, path, sha256, bytes, license }: Pinned,
  manifest: Described<ModelManifest>,
): CatalogueEntry {
  return {
    name,
    url: `https://raw.githubusercontent.com/${repository}/${commit}/${path}`,
    sha256,
    bytes,
    license,
    manifest: { schemaVersion: 1, name, file: "model.onnx", sha256, license, ...manifest },
  };
}
