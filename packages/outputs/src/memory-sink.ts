import type { Format, Inputs, JobHeader, Need, Sink } from "./format.ts";

/** What a format writes, for files that are small enough to be held whole. */
export async function bytesOf<N extends Need>(
  { name, write }: Format<N>,
  input: Inputs[N],
  header: JobHeader,
  options: unknown = {},
): Promise<Buffer> {
  if (write === undefined) throw new Error(`${name} is made by a step of its own.`);
  const parts: Uint8Array[] = [];
  const sink: Sink = {
    line: async (line) => void parts.push(Buffer.from(`${line}\n`)),
    text: async (part) => void parts.push(Buffer.from(part)),
    bytes: async (part) => void parts.push(part),
  };
  await write(input, sink, header, options);
  return Buffer.concat(parts);
}
