import type { GraphSignature, TensorSignature } from "../manifest/graph-signature.ts";
import { describeTensor } from "../manifest/graph-signature.ts";
import type { Hints } from "./hints.ts";
import { layoutOf, sizesInput } from "./picture-input.ts";
import { namesInFile, ultralytics } from "./ultralytics.ts";

/** Element types in which pictures can enter, and in which outputs are read. */
const PICTURES = ["float32", "uint8"];
const OUTPUTS = ["float32", "int32", "int64"];

/**
 * Why neither shapes nor a manifest can make a graph useful here, as sentences; undefined where a manifest could. What
 * the file says of itself counts before its shapes.
 */
export function whyUnreadable(graph: GraphSignature, hints: Hints): string | undefined {
  return unreadableExport(graph, hints) ?? unreadableInput(graph) ?? unreadableOutput(graph);
}

/** What its exporter calls by a name, and the shapes of something else would be mistaken for. */
export function unreadableExport({ outputs }: GraphSignature, hints: Hints): string | undefined {
  const exported = ultralytics(hints);
  if (exported === undefined) return undefined;
  if (exported.task === "obb") {
    return "It finds oriented boxes (its file says task obb), which are not read: a model for the task detect or segment is needed.";
  }
  if (exported.task === "pose" && exported.keyPoints === 0) {
    return "Its file says task pose and not how many key points there are (kpt_shape): an export by a newer version is needed.";
  }
  const isTable = outputs[0]?.shape.length === 3 && exported.isEndToEnd;
  if (exported.task === "segment" && isTable) {
    return "Its masks belong to finished detections (its file says end2end or nms), which are not read: an export without them is needed (end2end=False, nms=False).";
  }
  return undefined;
}

function unreadableInput(graph: GraphSignature): string | undefined {
  const pictures = graph.inputs.filter((input) => layoutOf(input) !== undefined);
  const [picture, second] = pictures;
  if (picture === undefined) {
    return "It takes no picture: none of its inputs is [N, 3, H, W], [N, H, W, 3] or [3, H, W], with 1 or 3 channels.";
  }
  if (second !== undefined) return "It takes two pictures, and there is one to give.";
  if (isHalf(picture)) {
    return (
      `Its pictures enter in half precision (${describeTensor(picture)}), which is not supported at a graph's border: ` +
      "convert it so that inputs and outputs stay float32 (keep_io_types=True of onnxconverter-common's float16, or an export without half)."
    );
  }
  if (!PICTURES.includes(picture.type)) {
    return `Its pictures enter as ${picture.type}, and they are given as ${PICTURES.join(" or ")}: a cast inside the graph is needed.`;
  }
  const sizes = sizesInput(graph);
  const others = graph.inputs.filter((input) => input !== picture && input !== sizes);
  if (others.length === 0) return undefined;
  return `Nothing can say what its ${others.length === 1 ? "input" : "inputs"} ${others.map(describeTensor).join(", ")} should get.`;
}

function unreadableOutput({ outputs }: GraphSignature): string | undefined {
  if (outputs.some(({ type, shape }) => OUTPUTS.includes(type) && shape.length > 1)) {
    return undefined;
  }
  const half = outputs.find(isHalf);
  if (half === undefined)
    return `None of its outputs is of a type that is read: ${OUTPUTS.join(", ")}.`;
  return (
    `Its results come in half precision (${describeTensor(half)}), which is not supported at a graph's border: ` +
    "convert it so that inputs and outputs stay float32 (keep_io_types=True of onnxconverter-common's float16, or an export without half)."
  );
}

function isHalf({ type }: TensorSignature): boolean {
  return type === "float16";
}

/** What else may help where the family is not known, as sentences. */
export function whatMayHelp({ inputs }: GraphSignature, hints: Hints): string {
  const picture = inputs.find((input) => layoutOf(input) !== undefined);
  const isOpen = picture?.shape.slice(1).some((extent) => typeof extent !== "number") ?? false;
  if (isOpen && hints.size === undefined) {
    return "It leaves the sides of its pictures open: name them (--size WIDTHxHEIGHT of models add, or the field size of an upload).";
  }
  const names = namesInFile(hints);
  const named = names === undefined ? "" : ` Its file names ${names.length} classes.`;
  return `If its outputs are among those that docs/models.md lists, a manifest can describe it (--manifest FILE, or the field manifest of an upload).${named}`;
}
