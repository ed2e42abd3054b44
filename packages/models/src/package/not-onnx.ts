import { open } from "node:fs/promises";
import { ProblemError } from "@framequeue/contracts";

const HEAD_BYTES = 1024;

/** What a file that is no ONNX is known by, and what is to be said of it: a clause after its name. */
const OTHERS: readonly {
  readonly is: (head: Buffer, text: string) => boolean;
  readonly what: (text: string) => string;
}[] = [
  { is: (head) => head.length === 0, what: () => "is empty" },
  {
    is: (_, text) => text.startsWith("version https://git-lfs.github.com/"),
    what(text) {
      const size = /^size (\d+)$/m.exec(text)?.[1];
      const of = size === undefined ? "" : ` of ${size} bytes`;
      return `is a Git LFS pointer to a file${of}, not that file: \`git lfs pull\` in its repository puts the file there`;
    },
  },
  {
    is: (_, text) => /^\s*<(!doctype|html)/i.test(text),
    what: () => "is a web page: what was fetched was not the file",
  },
  {
    is: (head) => head.readUInt32BE(0) === 0x504b0304,
    what: () => "is a zip archive, as PyTorch's checkpoints are; an export to ONNX is needed",
  },
  {
    is: (head) => head.toString("latin1", 4, 8) === "TFL3",
    what: () => "is a TensorFlow Lite model; a conversion to ONNX is needed",
  },
  {
    is: (head) => head.readUInt32BE(0) === 0x89484446,
    what: () => "is an HDF5 file, as Keras writes them; an export to ONNX is needed",
  },
  { is: (head) => head.readUInt16BE(0) === 0x1f8b, what: () => "is compressed by gzip" },
];

/** @throws ProblemError `model-invalid` that says what a file is instead of an ONNX model, where its first bytes tell */
export async function refuseOtherFiles(file: string): Promise<void> {
  await using handle = await open(file, "r");
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  const text = buffer.toString("latin1", 0, bytesRead);
  // what is shorter is filled up with zeros, so that all can be asked for their first bytes
  const head = bytesRead === 0 ? Buffer.alloc(0) : buffer;
  const other = OTHERS.find(({ is }) => is(head, text));
  if (other === undefined) return;
  throw new ProblemError("model-invalid", `${file} ${other.what(text)}.`, { at: file });
}
