import { ProblemError } from "@framequeue/contracts";
import { COCO_LABELS } from "../coco-labels.ts";
import { IMAGENET_LABELS } from "../imagenet-labels.ts";
import { parseNames } from "../onnx-metadata.ts";
import { VOC_LABELS } from "../voc-labels.ts";
import type { Hints } from "./hints.ts";

/** Well-known sets of classes, by how many they are. */
const KNOWN: readonly { readonly labels: readonly string[]; readonly of: string }[] = [
  { labels: COCO_LABELS, of: "COCO" },
  { labels: VOC_LABELS, of: "PASCAL VOC with its background" },
  { labels: VOC_LABELS.slice(1), of: "PASCAL VOC" },
  { labels: IMAGENET_LABELS, of: "ImageNet" },
];

/**
 * Names for so many classes: those that the user gave, those in the file, or those of a well-known set of that size.
 *
 * @throws ProblemError `manifest-invalid` if the user gave another number
 */
export function classNames(
  classes: number,
  { labels, metadata }: Hints,
): { labels: string[]; assumption?: string } {
  if (labels !== undefined) {
    if (labels.length === classes) return { labels: [...labels] };
    throw new ProblemError(
      "manifest-invalid",
      `labels: there are ${labels.length}, and the model has ${classes} classes.`,
      { at: "labels" },
    );
  }
  const names = parseNames(metadata?.get("names") ?? "");
  if (names?.length === classes) return { labels: names };
  const known = KNOWN.find((set) => set.labels.length === classes);
  if (known !== undefined) {
    return {
      labels: [...known.labels],
      assumption: `It has ${classes} classes, which are taken for those of ${known.of}.`,
    };
  }
  return {
    labels: Array.from({ length: classes }, (_, id) => `class ${id}`),
    assumption: `Nothing names its ${classes} classes: they are called class 0 to class ${classes - 1}.`,
  };
}

/** Names where the graph does not even say how many classes there are. */
export function namesOfAnyNumber({ labels, metadata }: Hints): {
  labels: string[];
  assumption?: string;
} {
  const known = labels ?? parseNames(metadata?.get("names") ?? "");
  if (known !== undefined) return { labels: [...known] };
  return {
    labels: [...COCO_LABELS],
    assumption: "Nothing says which classes it knows: they are taken for the 80 of COCO.",
  };
}
