import { readFile } from "node:fs/promises";
import { ProblemError } from "@framequeue/contracts";
import { TruthError } from "@framequeue/evaluation";
import { MotTextError } from "@framequeue/tracking";

/** The file as `parse` reads it. Throws `invalid-request` that names the file, and the row that is none or says too little. */
export async function readText<T>(path: string, parse: (text: string) => T): Promise<T> {
  const text = await readOptionalText(path);
  if (text === undefined) {
    throw new ProblemError("invalid-request", `There is no file ${path}.`, { at: path });
  }
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof MotTextError || error instanceof TruthError)) throw error;
    throw new ProblemError("invalid-request", `${path}, ${error.message}.`, { at: path });
  }
}

/** Undefined where there is no such file. */
export async function readOptionalText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
