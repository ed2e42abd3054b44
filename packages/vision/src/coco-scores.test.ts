import assert from "node:assert/strict";
import { test } from "node:test";
import type { CocoScores } from "./coco-scores.ts";
import { cocoScores } from "./coco-scores.ts";
import type { AnnotatedBox, DetectedBox } from "./detection-matching.ts";

const close = (actual: number | undefined, expected: number): void =>
  assert.ok(
    actual !== undefined && Math.abs(actual - expected) < 1e-9,
    `${actual}, not ${expected}`,
  );

test("a case worked by hand", () => {
  // 100 pixels wide: large. The second is found at an IoU of 0.8, the third not at all.
  const objects: AnnotatedBox[] = [0, 200, 400].map((x) => ({
    ...{ frame: 1, classId: 5 },
    boxXyxy: [x, 0, x + 100, 100],
  }));
  const detections: DetectedBox[] = [
    { frame: 1, classId: 5, score: 0.9, boxXyxy: [0, 0, 100, 100] },
    { frame: 1, classId: 5, score: 0.8, boxXyxy: [200, 0, 280, 100] },
    { frame: 2, classId: 5, score: 0.7, boxXyxy: [0, 0, 100, 100] },
  ];
  const scores = cocoScores(detections, objects, [5, 6]);
  // two of three found: recalls up to 2/3, which are 67 of 101 levels, at precision 1
  close(scores.ap50, 67 / 101);
  close(scores.ap75, 67 / 101);
  // at the thresholds 0.50 to 0.80 both, above one: recalls up to 1/3, which are 34 levels
  close(scores.ap, (7 * 67 + 3 * 34) / 10 / 101);
  close(scores.apLarge, (7 * 67 + 3 * 34) / 10 / 101);
  assert.equal(scores.apSmall, undefined);
  close(scores.ar1, 1 / 3);
  close(scores.ar100, (7 * 2 + 3) / 30);
  assert.deepEqual(
    scores.classes.map(({ classId, objects: count, ap }) => [classId, count, ap === undefined]),
    [
      [5, 3, false],
      [6, 0, true],
    ],
  );
});

/** COCO's evaluation written down a second time, array by array in the order of its tools, with no thought of speed. */
function naive(
  detections: readonly DetectedBox[],
  truth: readonly AnnotatedBox[],
  categories: readonly number[],
): Omit<CocoScores, "classes"> {
  const images = [...new Set([...detections, ...truth].map(({ frame }) => frame))].sort(
    (a, b) => a - b,
  );
  const iouThrs = Array.from({ length: 10 }, (_, i) => 0.5 + (0.95 - 0.5) * (i / 9));
  const recThrs = Array.from({ length: 101 }, (_, i) => i * 0.01);
  const areaRng = { all: [0, 1e10], small: [0, 1024], medium: [1024, 9216], large: [9216, 1e10] };
  const size = ([x1, y1, x2, y2]: readonly number[]): number => (x2! - x1!) * (y2! - y1!);

  const evaluateImg = (
    image: number,
    category: number,
    range: readonly number[],
    maxDet: number,
  ) => {
    const mine = <T extends { frame: number; classId: number }>(all: readonly T[]): T[] =>
      all.filter((one) => one.frame === image && one.classId === category);
    let gt = mine(truth).map((g) => {
      const area = g.area ?? size(g.boxXyxy);
      const isCrowd = g.ignored === true;
      return { ...g, isCrowd, ignore: isCrowd || area < range[0]! || area > range[1]! };
    });
    gt = [...gt.filter((g) => !g.ignore), ...gt.filter((g) => g.ignore)];
    const dt = mine(detections)
      .sort((a, b) => b.score - a.score)
      .slice(0, maxDet);
    if (gt.length === 0 && dt.length === 0) return undefined;
    const ious = dt.map((d) =>
      gt.map((g) => {
        const w = Math.min(d.boxXyxy[2], g.boxXyxy[2]) - Math.max(d.boxXyxy[0], g.boxXyxy[0]);
        const h = Math.min(d.boxXyxy[3], g.boxXyxy[3]) - Math.max(d.boxXyxy[1], g.boxXyxy[1]);
        if (w <= 0 || h <= 0) return 0;
        const i = w * h;
        return i / (g.isCrowd ? size(d.boxXyxy) : size(d.boxXyxy) + size(g.boxXyxy) - i);
      }),
    );
    const perThreshold = iouThrs.map((t) => {
      const gtm = gt.map(() => false);
      return dt.map((d, dind) => {
        let iou = Math.min(t, 1 - 1e-10);
        let m = -1;
        for (let gind = 0; gind < gt.length; gind++) {
          if (gtm[gind] && !gt[gind]!.isCrowd) continue;
          if (m > -1 && !gt[m]!.ignore && gt[gind]!.ignore) break;
          if (ious[dind]![gind]! < iou) continue;
          iou = ious[dind]![gind]!;
          m = gind;
        }
        if (m === -1) {
          const area = size(d.boxXyxy);
          return { score: d.score, matched: false, ignored: area < range[0]! || area > range[1]! };
        }
        gtm[m] = true;
        return { score: d.score, matched: true, ignored: gt[m]!.ignore };
      });
    });
    return { perThreshold, npig: gt.filter((g) => !g.ignore).length };
  };

  const accumulate = (range: readonly number[], maxDet: number) => {
    const precision: number[][] = iouThrs.map(() => []);
    const recall: number[][] = iouThrs.map(() => []);
    for (const category of categories) {
      const E = images
        .map((image) => evaluateImg(image, category, range, maxDet))
        .filter((e) => e !== undefined);
      const npig = E.reduce((sum, e) => sum + e.npig, 0);
      if (npig === 0) continue;
      iouThrs.forEach((_, t) => {
        const all = E.flatMap((e) => e.perThreshold[t]!).sort((a, b) => b.score - a.score);
        let [tp, fp] = [0, 0];
        const rc: number[] = [];
        const pr: number[] = [];
        for (const { matched, ignored } of all) {
          if (matched && !ignored) tp++;
          if (!matched && !ignored) fp++;
          rc.push(tp / npig);
          pr.push(tp / (fp + tp + Number.EPSILON));
        }
        recall[t]!.push(rc.at(-1) ?? 0);
        for (let i = pr.length - 1; i > 0; i--) if (pr[i]! > pr[i - 1]!) pr[i - 1] = pr[i]!;
        const q = recThrs.map((level) => {
          const index = rc.findIndex((value) => value >= level);
          return index === -1 ? 0 : pr[index]!;
        });
        precision[t]!.push(q.reduce((a, b) => a + b, 0) / 101);
      });
    }
    return { precision, recall };
  };
  const mean = (values: readonly number[]): number | undefined =>
    values.length === 0 ? undefined : values.reduce((a, b) => a + b, 0) / values.length;
  const all = accumulate(areaRng.all, 100);
  const small = accumulate(areaRng.small, 100);
  const medium = accumulate(areaRng.medium, 100);
  const large = accumulate(areaRng.large, 100);
  return {
    ap: mean(all.precision.flat()),
    ap50: mean(all.precision[0]!),
    ap75: mean(all.precision[5]!),
    apSmall: mean(small.precision.flat()),
    apMedium: mean(medium.precision.flat()),
    apLarge: mean(large.precision.flat()),
    ar1: mean(accumulate(areaRng.all, 1).recall.flat()),
    ar10: mean(accumulate(areaRng.all, 10).recall.flat()),
    ar100: mean(all.recall.flat()),
    arSmall: mean(small.recall.flat()),
    arMedium: mean(medium.recall.flat()),
    arLarge: mean(large.recall.flat()),
  };
}

/** Numbers from 0 to 1, the same every time (Marsaglia's xorshift32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

test("a large random case agrees with COCO's evaluation written down a second time", () => {
  const random = randomNumbers(2_014_0506);
  const truth: AnnotatedBox[] = [];
  const detections: DetectedBox[] = [];
  for (let frame = 0; frame < 60; frame++) {
    const objects = Math.floor(random() * 25);
    for (let i = 0; i < objects; i++) {
      const classId = Math.floor(random() * 5);
      const side = 8 * 20 ** random();
      const [x, y] = [random() * 600, random() * 400];
      const [w, h] = [side, side * (0.5 + random())];
      const box = [x, y, x + w, y + h] as const;
      const ignored = random() < 0.1;
      // areas of masks are less than those of boxes
      truth.push({ frame, classId, boxXyxy: box, area: w * h * (0.5 + random() / 2), ignored });
      const copies = random() < 0.8 ? 1 + Math.floor(random() * 3) : 0;
      for (let copy = 0; copy < copies; copy++) {
        const off = (): number => (random() - 0.5) * 0.3 * side;
        const found = [x + off(), y + off(), x + w + off(), y + h + off()] as const;
        // two decimals: many scores are equal
        const score = Math.round(random() * 100) / 100;
        const wrong = random() < 0.1 ? Math.floor(random() * 5) : classId;
        detections.push({ frame, classId: wrong, score, boxXyxy: found });
      }
    }
    for (let i = 0; i < 100 * random(); i++) {
      const [x, y, side] = [random() * 600, random() * 400, 8 * 20 ** random()];
      detections.push({
        ...{ frame, classId: Math.floor(random() * 5), score: Math.round(random() * 60) / 100 },
        boxXyxy: [x, y, x + side, y + side],
      });
    }
  }
  const categories = [0, 1, 2, 3, 4, 5];
  const { classes, ...scores } = cocoScores(detections, truth, categories);
  const wanted = naive(detections, truth, categories);
  for (const [name, value] of Object.entries(wanted)) {
    const own = scores[name as keyof typeof scores];
    assert.ok(
      value !== undefined && value > 0.01 && value < 0.99,
      `${name} is no test at ${value}`,
    );
    assert.ok(Math.abs(own! - value) < 1e-9, `${name}: ${own} and not ${value}`);
  }
  assert.equal(classes.length, 6);
  assert.ok(detections.length > 1500 && truth.length > 500);
});

test("without objects there is nothing to score", () => {
  const { classes, ...scores } = cocoScores([], [], [1]);
  assert.ok(Object.values(scores).every((value) => value === undefined));
  assert.deepEqual(
    classes.map(({ objects }) => objects),
    [0],
  );
});
