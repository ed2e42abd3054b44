import { ProblemError } from "@framequeue/contracts";
import type { GraphSignature } from "../manifest/graph-signature.ts";
import { describeGraph } from "../manifest/graph-signature.ts";
import { places, selected, table } from "./detectors.ts";
import type { Hints, Recognized, Recognizer } from "./hints.ts";
import { pictureInput } from "./picture-input.ts";
import { classMap, image, vectorOrClasses } from "./pictures.ts";
import { unreadableExport, whatMayHelp, whyUnreadable } from "./unreadable.ts";
import { rows, yolo } from "./yolo.ts";

/** The first that takes a graph for one of its own has it. */
const RECOGNIZERS: readonly Recognizer[] = [
  rows,
  yolo,
  selected,
  table,
  places,
  vectorOrClasses,
  image,
  classMap,
];

/**
 * Recognizes a graph by its inputs and outputs, and by what else is known about the file.
 *
 * @param file for the message
 * @throws ProblemError `model-invalid` saying what the graph takes and gives
 */
export function recognize(graph: GraphSignature, file: string, hints: Hints = {}): Recognized {
  const picture = pictureInput(graph, hints);
  if (picture !== undefined && unreadableExport(graph, hints) === undefined) {
    for (const recognizer of RECOGNIZERS) {
      const found = recognizer({ ...hints, graph, picture });
      if (found === undefined || (hints.task !== undefined && found.body.task !== hints.task)) {
        continue;
      }
      return withLastWord(found);
    }
  }
  const what =
    hints.task === undefined
      ? "not a model of a known family"
      : `no model for ${hints.task} of a known family`;
  throw new ProblemError(
    "model-invalid",
    `${file} is ${what}: ${describeGraph(graph)}. ${whyUnreadable(graph, hints) ?? whatMayHelp(graph, hints)}`,
    { at: file },
  );
}

const LAST =
  "If any of this is wrong, describe the model in a manifest (--manifest FILE, or the field manifest of an upload).";

function withLastWord({ settle, ...found }: Recognized): Recognized {
  return {
    ...found,
    assumptions: [...found.assumptions, LAST],
    ...(settle && { settle: (seen) => withLastWord(settle(seen)) }),
  };
}
