import type { GraphSignature, TensorSignature } from "./graph-signature.ts";
import type { ModelManifest } from "./manifest.ts";
import type { WantedTensor } from "../tensors/wanted-tensors.ts";
import { taskRun } from "../tasks/tasks.ts";
import { describeWanted, fitsShape, wantedInputs } from "../tensors/wanted-tensors.ts";

export interface Contradiction {
  /** The manifest's field. */
  readonly at: string;
  readonly detail: string;
}

/** Every way in which a graph contradicts its manifest, by the manifest's field; empty if none does. */
export function contradictions(graph: GraphSignature, manifest: ModelManifest): Contradiction[] {
  const { input } = manifest;
  const faults: Contradiction[] = [];
  const inputs = wantedInputs(manifest);
  for (const wanted of inputs) {
    const found = graph.inputs.find(({ name }) => name === wanted.name);
    if (found === undefined) {
      faults.push({
        at: nameField(wanted.at),
        detail: `the model's inputs are: ${namesOf(graph.inputs)}`,
      });
      continue;
    }
    faults.push(...misfit(found, wanted));
    const [batch] = found.shape;
    if (wanted.at === "input" && input.batch === "dynamic" && typeof batch === "number") {
      faults.push({ at: "input.batch", detail: `the model takes exactly ${batch} at a time` });
    }
  }
  const spare = graph.inputs.filter(({ name }) => inputs.every((wanted) => wanted.name !== name));
  if (spare.length > 0 && faults.length === 0) {
    const detail = `nothing says what the model's input ${namesOf(spare)} is to get`;
    faults.push({ at: "input.name", detail });
  }
  const slots = input.batch === "dynamic" ? "any" : input.batch;
  for (const wanted of taskRun(manifest).outputs(manifest, slots)) {
    const found = graph.outputs.find(({ name }) => name === wanted.name);
    if (found === undefined) {
      const detail = `the model's outputs are: ${namesOf(graph.outputs)}`;
      faults.push({ at: nameField(wanted.at), detail });
    } else faults.push(...misfit(found, wanted));
  }
  return faults;
}

function misfit(tensor: TensorSignature, wanted: WantedTensor): Contradiction[] {
  if (wanted.types.includes(tensor.type) && fitsShape(tensor.shape, wanted)) return [];
  const shape = tensor.shape.map((extent) => (extent === "" ? "?" : extent)).join(", ");
  const detail = `the manifest means ${describeWanted(wanted)}, the model has ${tensor.type} [${shape}]`;
  return [{ at: wanted.at, detail }];
}

function nameField(at: string): string {
  return at === "input" || at === "input.sizes"
    ? `${at}.name`
    : at === "output"
      ? "output.names"
      : at;
}

function namesOf(tensors: readonly TensorSignature[]): string {
  return tensors.map(({ name }) => name).join(", ");
}
