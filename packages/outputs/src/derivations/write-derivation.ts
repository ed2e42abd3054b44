import type { Sink } from "../format.ts";
import { keptRows, readHeader, type ResultFiles } from "../rows/kept-rows.ts";
import type { Derivation, KeptFormat } from "./derivation.ts";

/** Writes what is asked for. The bytes depend on nothing but what its name is made of. */
export async function writeDerivation(
  { format, options, input }: Derivation,
  files: ResultFiles,
  sink: Sink,
): Promise<void> {
  const header = await readHeader(files, input.artifact);
  const rows = keptRows[format.needs](files, input.artifact);
  await (format.write as NonNullable<KeptFormat["write"]>)(rows as never, sink, header, options);
}
