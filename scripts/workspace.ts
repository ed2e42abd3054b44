import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One package.json of the workspace; the repository itself is the one in folder ".". */
export interface Package {
  /** Relative to the repository, with `/`. */
  readonly folder: string;
  readonly name: string;
  /** Subpaths others may import, such as "." and "./testing". */
  readonly exports: ReadonlySet<string>;
  readonly dependencies: ReadonlySet<string>;
  readonly devDependencies: ReadonlySet<string>;
}

/** Every TypeScript file of the repository, sorted, relative to it and with `/`. */
export function sourceFiles(root: string): string[] {
  return filesOf(root, "**/*.ts");
}

/** The packages of the workspace, the repository's own last. */
export function packagesOf(root: string): Package[] {
  const folders = filesOf(root, "{*,*/*}/package.json").map((file) =>
    file.slice(0, -"/package.json".length),
  );
  return [...folders, "."].map((folder) => readPackage(root, folder));
}

function filesOf(root: string, pattern: string): string[] {
  const aside = new Set(["node_modules", ".git", "data", "out"]);
  return globSync(pattern, { cwd: root, exclude: (name) => aside.has(name) })
    .map((path) => path.replaceAll("\\", "/"))
    .sort();
}

interface Manifest {
  readonly name?: string;
  readonly exports?: Record<string, unknown>;
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}

function readPackage(root: string, folder: string): Package {
  const path = join(root, folder, "package.json");
  const manifest = (existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {}) as Manifest;
  return {
    folder,
    name: manifest.name ?? folder,
    exports: new Set(Object.keys(manifest.exports ?? {})),
    dependencies: new Set([
      ...Object.keys(manifest.dependencies ?? {}),
      ...Object.keys(manifest.optionalDependencies ?? {}),
    ]),
    devDependencies: new Set(Object.keys(manifest.devDependencies ?? {})),
  };
}
