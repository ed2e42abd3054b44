import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { format, resolveConfig } from "prettier";
import { OPERATION_TABLES } from "./operation-tables.ts";
import { OPTION_TABLES } from "./option-tables.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

/** Every table that is made from the code, by the name of its place. */
export const TABLES: Readonly<Record<string, () => string>> = {
  ...OPTION_TABLES,
  ...OPERATION_TABLES,
};

/** `<!-- table NAME -->` and what follows it, up to `<!-- /table -->`. */
const PLACE = /<!-- table ([\w-]+) -->\n[^]*?<!-- \/table -->/g;

export interface Document {
  /** From the root of the repository. */
  readonly path: string;
  /** As it is, and as it would be with its tables made anew. */
  readonly text: string;
  readonly made: string;
  /** Names of its tables. */
  readonly tables: readonly string[];
}

/** Every document that has tables made from the code. */
export async function documents(): Promise<Document[]> {
  const found: Document[] = [];
  for (const path of globSync("docs/**/*.md", { cwd: ROOT }).sort()) {
    const text = readFileSync(join(ROOT, path), "utf8");
    const tables = [...text.matchAll(PLACE)].map(([, name]) => name!);
    if (tables.length === 0) continue;
    const filled = text.replaceAll(PLACE, (_place, name: string) => {
      const make = TABLES[name];
      if (make === undefined) throw new Error(`${path} wants a table ${name}, which there is not.`);
      return `<!-- table ${name} -->\n\n${make()}\n\n<!-- /table -->`;
    });
    const config = await resolveConfig(join(ROOT, path));
    found.push({ path, text, made: await format(filled, { ...config, filepath: path }), tables });
  }
  return found;
}

export { ROOT };
