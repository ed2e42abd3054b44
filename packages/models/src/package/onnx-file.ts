import { open } from "node:fs/promises";
import { DATA_LOCATION, ENTRY, GRAPH, MODEL, TENSOR } from "@framequeue/graphs";
import { ProtobufFile } from "./protobuf-file.ts";

/** What an ONNX file says beside its nodes. */
export interface OnnxFile {
  /** By key: exporters leave class names there, and what the model is for. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Other files in which weights are, by their paths from its folder. */
  readonly externalFiles: readonly string[];
}

/** Entries longer than this are not what is looked for. */
const LONGEST_ENTRY = 1 << 20;

/** Looks through an ONNX file without reading its weights. Whatever is no ONNX says nothing. */
export async function readOnnxFile(file: string): Promise<OnnxFile> {
  const metadata = new Map<string, string>();
  const externalFiles = new Set<string>();
  await using handle = await open(file, "r");
  const model = new ProtobufFile(handle);
  const { size } = await handle.stat();
  for await (const field of model.fields(0, size)) {
    if (field.number === MODEL.metadataProps && field.length <= LONGEST_ENTRY) {
      const { key, value } = await entryOf(model, field);
      metadata.set(key, value);
    }
    if (field.number !== MODEL.graph) continue;
    for await (const part of model.fields(field.at, field.at + field.length)) {
      if (part.number !== GRAPH.initializer) continue;
      const location = await externalLocation(model, part);
      if (location !== undefined) externalFiles.add(location);
    }
  }
  return { metadata, externalFiles: [...externalFiles] };
}

interface Place {
  readonly at: number;
  readonly length: number;
}

/** Where the numbers of a tensor are, if they are in another file. */
async function externalLocation(
  file: ProtobufFile,
  { at, length }: Place,
): Promise<string | undefined> {
  let isExternal = false;
  let location: string | undefined;
  for await (const field of file.fields(at, at + length)) {
    if (field.number === TENSOR.dataLocation) isExternal = field.value === DATA_LOCATION.external;
    if (field.number !== TENSOR.externalData) continue;
    const { key, value } = await entryOf(file, field);
    if (key === "location") location = value;
  }
  return isExternal ? location : undefined;
}

async function entryOf(
  file: ProtobufFile,
  { at, length }: Place,
): Promise<{ key: string; value: string }> {
  const entry = { key: "", value: "" };
  for await (const field of file.fields(at, at + length)) {
    if (field.number === ENTRY.key) entry.key = await file.text(field);
    if (field.number === ENTRY.value) entry.value = await file.text(field);
  }
  return entry;
}
