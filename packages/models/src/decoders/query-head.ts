import type { Size } from "@framequeue/vision";
import { boxReader } from "./box-encoding.ts";
import type { Candidates } from "./candidates.ts";
import type { DetectionHead } from "./detection-head.ts";
import type { OutputOf } from "../manifest/manifest-output.ts";
import { floatsOf, type OutputTensor } from "../tensors/output-tensor.ts";

/**
 * Reads the raw queries of DETR and its kin: logits `[N, Q, C]` and boxes `[N, Q, 4]`.
 *
 * With `sigmoid` (RT-DETR, D-FINE, DEIM) each pair of query and class has a probability of its own, and the Q best pairs
 * count, so that a query may stand for two classes. With `softmax` (DETR) a query counts with its best class, and one
 * class more than there are labels means that nothing is there.
 *
 * Source: Carion et al., "End-to-End Object Detection with Transformers", 2020, and the post-processing of
 * facebookresearch/detr and lyuwenyu/RT-DETR.
 */
export class QueryHead implements DetectionHead {
  readonly #softmax: boolean;
  readonly #readBox: ReturnType<typeof boxReader>;
  readonly #corners = new Float64Array(4);

  constructor(input: Size, { activation }: OutputOf<"queries">) {
    this.#softmax = activation === "softmax";
    this.#readBox = boxReader({ format: "cxcywh", space: "share" }, input);
  }

  read(
    [logits, boxes]: readonly OutputTensor[],
    slot: number,
    minScore: number,
    into: Candidates,
  ): void {
    const [, queries, classes] = logits!.dims as [number, number, number];
    const values = floatsOf(logits!);
    const coordinates = floatsOf(boxes!);
    const add = (query: number, score: number, classId: number): void => {
      const at = 4 * (slot * queries + query);
      const corners = this.#corners;
      this.#readBox(
        coordinates[at]!,
        coordinates[at + 1]!,
        coordinates[at + 2]!,
        coordinates[at + 3]!,
        corners,
      );
      into.add(corners[0]!, corners[1]!, corners[2]!, corners[3]!, score, classId, query);
    };
    if (this.#softmax) {
      for (let query = 0; query < queries; query++) {
        const at = (slot * queries + query) * classes;
        const { score, classId } = bestOfSoftmax(values.subarray(at, at + classes));
        if (score >= minScore) add(query, score, classId);
      }
      return;
    }
    // logits grow with probabilities: comparing them saves most of the exponentials
    const least = Math.log(minScore / (1 - minScore));
    const start = slot * queries * classes;
    const pairs: { readonly logit: number; readonly at: number }[] = [];
    for (let at = 0; at < queries * classes; at++) {
      const logit = values[start + at]!;
      if (logit >= least) pairs.push({ logit, at });
    }
    if (pairs.length > queries) {
      pairs.sort((a, b) => b.logit - a.logit || a.at - b.at);
      pairs.length = queries;
    }
    for (const { logit, at } of pairs) {
      add(Math.floor(at / classes), 1 / (1 + Math.exp(-logit)), at % classes);
    }
  }
}

/** The best class but the last, and its probability among all. */
function bestOfSoftmax(logits: Float32Array): { score: number; classId: number } {
  let classId = 0;
  for (let c = 1; c < logits.length - 1; c++) if (logits[c]! > logits[classId]!) classId = c;
  const best = logits[classId]!;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - best);
  return { score: 1 / sum, classId };
}
