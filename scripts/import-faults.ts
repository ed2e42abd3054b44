import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, posix } from "node:path";
import type { Architecture, Layer } from "./architecture.ts";
import { cyclesOf } from "./import-cycles.ts";
import { importsOf, type Import } from "./imports.ts";
import { packagesOf, sourceFiles, type Package } from "./workspace.ts";

/** Builtins that reach outside the process or start threads; pure code has none of them. */
const IMPURE =
  /^node:(child_process|cluster|dgram|dns|fs|http|http2|https|net|os|process|readline|sqlite|tls|tty|worker_threads)(\/|$)/;

interface Source {
  readonly file: string;
  readonly owner: Package;
  readonly isTest: boolean;
  readonly imports: readonly Import[];
}

/** Every import of the workspace at `root` that breaks the rules of `architecture`, in words, sorted by file. */
export function importFaults(root: string, architecture: Architecture): string[] {
  const packages = packagesOf(root);
  const sources = sourceFiles(root).map((file): Source => ({
    file,
    owner: ownerOf(file, packages),
    isTest: isTest(file),
    imports: importsOf(readFileSync(join(root, file), "utf8")),
  }));
  const faults = sources.flatMap((source) =>
    source.imports.flatMap((one) =>
      faultsOf(source, one, packages, architecture).map(
        (fault) => `${source.file}:${one.line} imports "${one.specifier}": ${fault}`,
      ),
    ),
  );
  const homeless = packages
    .filter(({ folder }) => folder !== "." && layerOf(folder, architecture) === undefined)
    .map(({ folder }) => `${folder} has no layer: name it in scripts/architecture.ts`);
  const inBrowsers = architecture.browser.flatMap((entry) =>
    browserFaults(entry, sources, packages),
  );
  return [...homeless, ...faults, ...inBrowsers, ...cycles(sources, packages)];
}

/** What no browser can load of a file and all that it imports, with the way there. */
function browserFaults(
  entry: string,
  sources: readonly Source[],
  packages: readonly Package[],
): string[] {
  const faults: string[] = [];
  const cameFrom = new Map([[entry, ""]]);
  for (const [file] of cameFrom) {
    const source = sources.find((one) => one.file === file);
    if (source === undefined) {
      faults.push(`${entry} is for browsers, and there is no ${file}`);
      continue;
    }
    for (const { specifier, typeOnly } of source.imports) {
      if (typeOnly) continue;
      const isOurs = packages.some(({ name }) => name === packageName(specifier));
      if (specifier.startsWith(".")) {
        const target = posix.join(posix.dirname(file), specifier);
        if (!cameFrom.has(target)) cameFrom.set(target, file);
      } else if (specifier.startsWith("node:") || isOurs) {
        faults.push(`${wayTo(file, cameFrom)} imports "${specifier}": browsers load the first`);
      }
    }
  }
  return faults;
}

function wayTo(file: string, cameFrom: ReadonlyMap<string, string>): string {
  const before = cameFrom.get(file);
  return before ? `${wayTo(before, cameFrom)} → ${file}` : file;
}

function faultsOf(
  source: Source,
  one: Import,
  packages: readonly Package[],
  architecture: Architecture,
): string[] {
  const { specifier } = one;
  if (specifier.startsWith(".")) return relativeFaults(source, specifier, packages);
  if (specifier.startsWith("node:")) return builtinFaults(source, specifier, architecture);
  if (builtinModules.includes(specifier)) return [`write "node:${specifier}"`];
  const name = packageName(specifier);
  const target = packages.find((candidate) => candidate.name === name);
  return [
    ...declarationFaults(source, name, packages),
    ...(target === undefined
      ? heavyFaults(source, name, architecture)
      : [...exportFaults(target, specifier), ...arrowFaults(source, target, architecture)]),
  ];
}

function relativeFaults(source: Source, specifier: string, packages: readonly Package[]): string[] {
  const target = posix.join(posix.dirname(source.file), specifier);
  const owner = ownerOf(target, packages);
  if (owner === source.owner) return [];
  return [
    `a relative path out of ${place(source.owner)}; import ${owner.folder === "." ? "nothing from there" : owner.name}`,
  ];
}

function builtinFaults(source: Source, specifier: string, architecture: Architecture): string[] {
  const layer = layerOf(source.owner.folder, architecture);
  if (!layer?.pure || source.isTest || !IMPURE.test(specifier)) return [];
  return [`${source.owner.folder} only computes`];
}

function declarationFaults(source: Source, name: string, packages: readonly Package[]): string[] {
  const { owner, isTest } = source;
  if (name === owner.name || owner.dependencies.has(name)) return [];
  const repository = packages.find(({ folder }) => folder === ".")!;
  if (owner === repository && owner.devDependencies.has(name)) return [];
  if (isTest && (owner.devDependencies.has(name) || repository.devDependencies.has(name)))
    return [];
  return [`not declared in ${posix.join(owner.folder, "package.json")}`];
}

function exportFaults(target: Package, specifier: string): string[] {
  const subpath = `.${specifier.slice(target.name.length)}`;
  return target.exports.has(subpath)
    ? []
    : [`${target.folder}/package.json does not export "${subpath}"`];
}

function arrowFaults(source: Source, target: Package, architecture: Architecture): string[] {
  if (source.owner === target || source.owner.folder === ".") return [];
  const from = layerOf(source.owner.folder, architecture);
  const to = layerOf(target.folder, architecture);
  if (from === undefined || to === undefined) return [];
  if (from === to && from.importsItself === false) {
    return [`no two packages of layer "${from.name}" import each other`];
  }
  if (architecture.layers.indexOf(to) <= architecture.layers.indexOf(from)) return [];
  return [`"${to.name}" stands above "${from.name}"`];
}

function heavyFaults(source: Source, name: string, architecture: Architecture): string[] {
  const homes = architecture.heavy[name];
  // Tests, and the benchmarks that hold the product against the bare library, stand outside packages and services.
  const outside = source.isTest || !source.owner.folder.includes("/");
  if (homes === undefined || outside || homes.includes(source.owner.folder)) return [];
  return [`only ${homes.join(" and ")} may import it`];
}

/** Cycles between files, by types too, and between packages outside their tests. */
function cycles(sources: readonly Source[], packages: readonly Package[]): string[] {
  const files = new Map<string, Set<string>>();
  const folders = new Map<string, Set<string>>();
  for (const { file, owner, isTest: test, imports } of sources) {
    const named = new Set<string>();
    for (const { specifier } of imports) {
      if (specifier.startsWith(".")) {
        named.add(posix.join(posix.dirname(file), specifier));
        continue;
      }
      const target = packages.find(({ name }) => name === packageName(specifier));
      if (target === undefined || target === owner || test) continue;
      folders.set(owner.folder, (folders.get(owner.folder) ?? new Set()).add(target.folder));
    }
    files.set(file, named);
  }
  return [...cyclesOf(files), ...cyclesOf(folders)].map(
    (cycle) => `a cycle: ${[...cycle, cycle[0]].join(" → ")}`,
  );
}

function ownerOf(path: string, packages: readonly Package[]): Package {
  const owner = packages.find(({ folder }) => path === folder || path.startsWith(`${folder}/`));
  return owner ?? packages.at(-1)!;
}

function layerOf(folder: string, { layers }: Architecture): Layer | undefined {
  const parent = `${posix.dirname(folder)}/*`;
  return layers.find(({ folders }) => folders.includes(folder) || folders.includes(parent));
}

function isTest(file: string): boolean {
  return /(\.test|-conformance)\.ts$|\/testing\/|^tests\//.test(file);
}

function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function place({ folder }: Package): string {
  return folder === "." ? "the repository's own files" : folder;
}
