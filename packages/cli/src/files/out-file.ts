import { mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ProblemError } from "@framequeue/contracts";
import { fileProblem } from "./file-problem.ts";

/** A file that a command leaves: it appears whole or not at all, and what was there before stays until then. */
export interface OutFile extends AsyncDisposable {
  write(text: string): Promise<void>;
}

const REMEDY = "Name another file with --out.";

/**
 * Tries the place of a file before the work that fills it. Something that is no file, such as `/dev/stdout`, is written
 * to as it is.
 *
 * @param inputs files that it must not be
 * @throws ProblemError that names the file
 */
export async function openOutFile(path: string, inputs: readonly string[]): Promise<OutFile> {
  const found = await stat(path).catch(() => undefined);
  for (const input of inputs) {
    const other = await stat(input).catch(() => undefined);
    if (found === undefined || other?.ino !== found.ino || other.dev !== found.dev) continue;
    throw new ProblemError("invalid-request", `${path} is what is read. ${REMEDY}`, {
      at: "--out",
    });
  }
  try {
    if (found?.isDirectory()) throw Object.assign(new Error("it is a folder"), { code: "EISDIR" });
    if (found !== undefined && !found.isFile()) {
      return { write: (text) => writeFile(path, text), [Symbol.asyncDispose]: async () => {} };
    }
    const folder = await mkdtemp(join(dirname(path), `.${basename(path)}-`));
    const part = join(folder, "part");
    return {
      async write(text) {
        try {
          await writeFile(part, text);
          await rename(part, path);
        } catch (error) {
          throw fileProblem(error, path, REMEDY, { at: "--out" });
        }
      },
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
    };
  } catch (error) {
    throw fileProblem(error, path, REMEDY, { at: "--out" });
  }
}
