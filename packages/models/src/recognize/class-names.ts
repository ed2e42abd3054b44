import { ProblemError } from "@framequeue/contracts";
import { COCO_LABELS } from "../labels/coco-labels.ts";
import { IMAGENET_LABELS } from "../labels/imagenet-labels.ts";
import { VOC_LABELS } from "../labels/voc-labels.ts";
import type { Hints } from "./hints.ts";
import { givenNames, namesInFile } from "./ultralytics.ts";

/** Well-known sets of classes, by how many they are. */
const KNOWN: readonly { readonly labels: readonly string[]; readonly of: string }[] = [
  { labels: COCO_LABELS, of: "COCO" },
  { labels: VOC_LABELS, of: "PASCAL VOC with its background" },
  { labels: VOC_LABELS.slice(1), of: "PASCAL VOC" },
  { labels: IMAGENET_LABELS, of: "ImageNet" },
];

/** Whether so many classes have well-known names. */
export function isKnownNumber(classes: number): boolean {
  return KNOWN.some(({ labels }) => labels.length === classes);
}

/**
 * Names for so many classes: those that the user gave, those in the file, or those of a well-known set of that size.
 *
 * @throws ProblemError `manifest-invalid` if the user gave another number, or the file names another number and the user
 * gave none
 */
export function classNames(
  classes: number,
  hints: Hints,
): { labels: string[]; assumption?: string } {
  const { labels } = hints;
  if (labels !== undefined) {
    if (labels.length === classes) return { labels: [...labels] };
    throw new ProblemError(
      "manifest-invalid",
      `labels: there are ${labels.length}, and the model has ${classes} classes.`,
      { at: "labels" },
    );
  }
  const names = namesInFile(hints);
  if (names !== undefined) {
    if (names.length === classes) return { labels: names };
    throw new ProblemError(
      "manifest-invalid",
      `labels: the file names ${names.length} (${brief(names)}), and its output has ${classes} classes. ` +
        "If the names in the file are wrong, name the classes (--labels FILE, or the field labels of an upload).",
      { at: "labels" },
    );
  }
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
export function namesOfAnyNumber(hints: Hints): { labels: string[]; assumption?: string } {
  const known = givenNames(hints);
  if (known !== undefined) return { labels: [...known] };
  return {
    labels: [...COCO_LABELS],
    assumption: "Nothing says which classes it knows: they are taken for the 80 of COCO.",
  };
}

function brief(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(", ")}, …` : names.join(", ");
}
