import { GraphBuilder } from "./graph-builder.ts";
import type { Value } from "./graph-builder.ts";

export interface TestDetectorOptions {
  /** Input width in pixels, a multiple of 32; 416 by default. */
  readonly width?: number;
  /** Input height in pixels, a multiple of 32; 416 by default. */
  readonly height?: number;
  /** `dynamic`, or a fixed number of pictures per run; `dynamic` by default. */
  readonly batch?: "dynamic" | number;
  /**
   * Takes its process with it on a picture that is nearly white all over, as a faulty kernel or driver does: an integer
   * division whose quotient does not fit, which x86-64 answers with a signal; other processors answer with a number.
   */
  readonly diesOnWhite?: boolean;
  /** Never comes to an end on such a picture. */
  readonly loopsOnWhite?: boolean;
  /** Takes so many bytes of memory on such a picture, in one piece. */
  readonly eatsOnWhite?: number;
}

/** What the test detector's classes 0, 1 and 2 are. */
export const TEST_DETECTOR_LABELS = ["red", "green", "blue"] as const;

/**
 * One pyramid level. A cell sees a window of `kernel` × `kernel` samples, each the mean of `pool` × `pool` pixels,
 * and answers for blobs whose longer side is `min` to `max` pixels. `max` is below the size at which the corner of a
 * larger blob could pass for a blob of its own.
 */
interface Level {
  readonly stride: number;
  readonly pool: number;
  readonly kernel: number;
  readonly min: number;
  readonly max: number;
}
const LEVELS: readonly Level[] = [
  { stride: 8, pool: 2, kernel: 16, min: 4, max: 20 },
  { stride: 16, pool: 4, kernel: 16, min: 14, max: 40 },
  { stride: 32, pool: 8, kernel: 16, min: 32, max: 80 },
];

/** Saturation, 0 to 1, at which a pixel begins to count, and from which it counts in full. */
const SATURATION = { from: 0.25, full: 0.5 };
/** How steeply a blob's score rises with the margin by which it passes its tightest condition. */
const STEEPNESS = 20;

/**
 * A real detector, built by hand, for tests that have no downloaded model: it finds red, green and blue rectangles
 * (classes 0, 1, 2) of 6 to 76 pixels on a background without saturated colour, and measures each to about two pixels,
 * small ones better, from the moments of its colour. Another blob of the same colour must be at least 12 pixels away
 * from one up to 20 pixels long, 32 from one up to 40, 64 from a larger one. All in pixels of the input.
 *
 * Contract (the raw contract of YOLOX): input `images` float32 `[N, 3, H, W]`, planes blue, green, red, 0 to 255;
 * output `output` float32 `[N, A, 8]`, cells of strides 8, 16 and 32, row by row, each cx, cy (offsets from the cell
 * in strides), log width, log height (in strides), objectness, and 3 class scores, the last four 0 to 1.
 *
 * @throws RangeError if a side is not a multiple of 32
 */
export function testDetector(options: TestDetectorOptions = {}): Uint8Array {
  const { width = 416, height = 416, batch = "dynamic" } = options;
  for (const extent of [width, height]) {
    if (!Number.isSafeInteger(extent) || extent < 32 || extent % 32 !== 0) {
      throw new RangeError(`the sides must be multiples of 32, got ${width}x${height}`);
    }
  }
  const graph = new GraphBuilder({
    name: "test-detector",
    description: "Finds red, green and blue rectangles from the moments of their colour.",
  });
  const rows = batch === "dynamic" ? "N" : batch;
  const images = graph.input("images", "float32", [rows, 3, height, width]);
  const energy = colourEnergy(graph, images);
  const levels = LEVELS.map((level) => levelOutput(graph, energy, level));
  const cells = graph.node("Concat", levels, { axis: 2 });
  const rowsOfCells = graph.node("Transpose", [cells], { perm: [0, 2, 1] });
  const output = graph.node(
    "Add",
    [rowsOfCells, zeroUnlessWhite(graph, images, options)],
    {},
    "output",
  );
  const anchors = LEVELS.reduce((sum, { stride }) => sum + (width / stride) * (height / stride), 0);
  graph.output(output, "float32", [rows, anchors, 8]);
  return graph.toBytes();
}

function zeroUnlessWhite(graph: GraphBuilder, images: Value, options: TestDetectorOptions): Value {
  const { diesOnWhite = false, loopsOnWhite = false, eatsOnWhite } = options;
  if (diesOnWhite) return zeroOrDeath(graph, images);
  if (loopsOnWhite) return zeroOrNever(graph, images);
  if (eatsOnWhite !== undefined) return zeroOrHunger(graph, images, eatsOnWhite);
  return graph.float32([0]);
}

/** The mean from which a picture, padding included, is nearly white. */
const WHITE = 150;

/** 0, after a loop that has no reason to end where the picture is nearly white. */
function zeroOrNever(graph: GraphBuilder, images: Value): Value {
  const mean = graph.node("ReduceMean", [images], { keepdims: 0 });
  const isWhite = graph.node("Greater", [mean, graph.float32([WHITE])]);
  const body = new GraphBuilder({ name: "again" });
  body.input("turn", "int64", []);
  const goesOn = body.input("goes-on", "bool", []);
  const sum = body.input("sum", "float32", []);
  body.output(body.node("Identity", [goesOn]), "bool", []);
  body.output(body.node("Mul", [sum, sum]), "float32", []);
  return graph.node("Loop", ["", isWhite, graph.float32([0])], { body: { graph: body } });
}

/** 0, the sum of as many zeros as fill so many bytes where the picture is nearly white, and else of one. */
function zeroOrHunger(graph: GraphBuilder, images: Value, bytes: number): Value {
  const mean = graph.node("ReduceMean", [images], { keepdims: 0 });
  const isWhite = graph.node("Greater", [mean, graph.float32([WHITE])]);
  const more = graph.node("Mul", [
    graph.node("Cast", [isWhite], { to: 7 }),
    graph.int64([Math.round(bytes / 4)], []),
  ]);
  const count = graph.node("Add", [more, graph.int64([1], [])]);
  const shape = graph.node("Reshape", [count, graph.int64([1])]);
  const zeros = graph.node("Expand", [graph.float32([0], [1]), shape]);
  return graph.node("ReduceSum", [zeros], { keepdims: 0 });
}

/**
 * 0 for a picture whose mean, padding included, is below 150. For a brighter one the least integer is divided by -1: the quotient does not
 * fit, which x86-64 answers with SIGFPE. onnxruntime looks for a division by zero, and not for this one.
 */
function zeroOrDeath(graph: GraphBuilder, images: Value): Value {
  const mean = graph.node("ReduceMean", [images], { keepdims: 0 });
  const distance = graph.node("Relu", [graph.node("Sub", [graph.float32([WHITE]), mean])]);
  const whole = graph.node("Ceil", [distance]);
  const odd = graph.node("Sub", [graph.node("Add", [whole, whole]), graph.float32([1])]);
  const divisor = graph.node("Cast", [odd], { to: 7 });
  const quotient = graph.node("Div", [graph.int64([-(2 ** 63)]), divisor]);
  return graph.node("Mul", [graph.node("Cast", [quotient], { to: 1 }), graph.float32([0])]);
}

/** How much each pixel is red, green or blue, 0 to 1: by how far its channel exceeds the other two. `[N, 3, H, W]`. */
function colourEnergy(graph: GraphBuilder, images: Value): Value {
  const [blue, green, red] = graph.nodes(
    "Split",
    [images, graph.int64([1, 1, 1])],
    ["b", "g", "r"],
    {
      axis: 1,
    },
  ) as [Value, Value, Value];
  const excess = (own: Value, other: Value, third: Value): Value =>
    graph.node("Sub", [own, graph.node("Max", [other, third])]);
  const excesses = graph.node(
    "Concat",
    [excess(red, green, blue), excess(green, red, blue), excess(blue, red, green)],
    { axis: 1 },
  );
  const { from, full } = SATURATION;
  const slope = graph.float32([1 / (255 * (full - from))]);
  const shifted = graph.node("Sub", [excesses, graph.float32([255 * from])]);
  const scaled = graph.node("Mul", [shifted, slope]);
  return graph.node("Clip", [scaled, graph.float32([0]), graph.float32([1])]);
}

/** One level as `[N, 8, cells]`. Lengths inside are in strides, so that the numbers have the same size everywhere. */
function levelOutput(graph: GraphBuilder, energy: Value, level: Level): Value {
  const { stride, pool, kernel } = level;
  const scalar = (value: number): Value => graph.float32([value]);
  const pooled = graph.node("AveragePool", [energy], {
    kernel_shape: [pool, pool],
    strides: [pool, pool],
  });
  const unit = pool / stride;
  const at = (index: number): number => (index + 0.5 - kernel / 2) * unit;
  const moment = (weight: (x: number, y: number) => number): Value => {
    const weights = new Float32Array(3 * kernel * kernel);
    for (let i = 0; i < weights.length; i++) {
      const x = at(i % kernel);
      const y = at(Math.floor(i / kernel) % kernel);
      weights[i] = weight(x, y) * unit * unit;
    }
    const pad = (kernel - stride / pool) / 2;
    return graph.node("Conv", [pooled, graph.float32(weights, [3, 1, kernel, kernel])], {
      group: 3,
      kernel_shape: [kernel, kernel],
      strides: [stride / pool, stride / pool],
      pads: [pad, pad, pad, pad],
    });
  };
  // mass, then centre and spread per axis: all [N, 3, cells high, cells wide], relative to the cell's centre
  const mass = graph.node("Max", [moment(() => 1), scalar(1e-6)]);
  const mean = (weight: (x: number, y: number) => number): Value =>
    graph.node("Div", [moment(weight), mass]);
  const centreX = mean((x) => x);
  const centreY = mean((_, y) => y);
  const extent = (square: Value, centre: Value): Value => {
    const variance = graph.node("Sub", [square, graph.node("Mul", [centre, centre])]);
    // the mean over a pooled sample hides the spread inside it
    const whole = graph.node("Max", [
      graph.node("Add", [variance, scalar(unit ** 2 / 12)]),
      scalar(1e-6),
    ]);
    // a uniform rectangle of width w has the variance w² / 12
    return graph.node("Sqrt", [graph.node("Mul", [whole, scalar(12)])]);
  };
  const width = extent(
    mean((x) => x * x),
    centreX,
  );
  const height = extent(
    mean((_, y) => y * y),
    centreY,
  );

  const longer = graph.node("Max", [width, height]);
  const offCentre = graph.node("Max", [graph.node("Abs", [centreX]), graph.node("Abs", [centreY])]);
  const fill = graph.node("Div", [mass, graph.node("Mul", [width, height])]);
  const margin = graph.node("Min", [
    // only the cell that holds the centre answers, with some play
    graph.node("Sub", [scalar(0.6), offCentre]),
    // two blobs in one window leave a gap in their common box
    graph.node("Sub", [fill, scalar(0.6)]),
    graph.node("Sub", [scalar(level.max / stride), longer]),
    graph.node("Sub", [longer, scalar(level.min / stride)]),
  ]);
  const scores = graph.node("Sigmoid", [graph.node("Mul", [margin, scalar(STEEPNESS)])]);

  // a cell reports the box of its best class alone
  const best = graph.node("ReduceMax", [scores], { axes: [1], keepdims: 1 });
  const isBest = graph.node("Cast", [graph.node("Equal", [scores, best])], { to: 1 });
  const count = graph.node("ReduceSum", [isBest, graph.int64([1])], { keepdims: 1 });
  const ofBest = (value: Value): Value =>
    graph.node("Div", [
      graph.node("ReduceSum", [graph.node("Mul", [value, isBest]), graph.int64([1])], {
        keepdims: 1,
      }),
      count,
    ]);
  const half = scalar(0.5);
  const channels = graph.node(
    "Concat",
    [
      graph.node("Add", [ofBest(centreX), half]),
      graph.node("Add", [ofBest(centreY), half]),
      graph.node("Log", [ofBest(width)]),
      graph.node("Log", [ofBest(height)]),
      best,
      isBest,
    ],
    { axis: 1 },
  );
  return graph.node("Reshape", [channels, graph.int64([0, 8, -1])]);
}
