import type { TensorSignature } from "../manifest/graph-signature.ts";
import { describeScores } from "../checking/plausibility.ts";
import { classNames } from "./class-names.ts";
import type { Clues, Recognized, Recognizer, SeenOutputs } from "./hints.ts";
import { inputSpec } from "./picture-input.ts";
import { ultralytics } from "./ultralytics.ts";

/** As ImageNet's classifiers and what was trained on top of them take pixels. */
const OF_IMAGENET = {
  scale: 1 / 255,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};
/** What torchvision scales the short side to, in that of the input. */
const RESIZE = 256 / 224;
/** Lengths that vectors usually have, and numbers of classes do not. */
const VECTOR_LENGTHS = [
  64, 96, 128, 192, 256, 384, 512, 576, 640, 768, 960, 1024, 1280, 1536, 2048,
];

/** `[N, D]` of a graph without other outputs: a vector, or a number for each class. */
export const vectorOrClasses: Recognizer = (clues) => {
  const { graph, picture, labels, task } = clues;
  const [output, second] = graph.outputs;
  if (graph.inputs.length > 1 || second !== undefined || picture.channels !== 3) return undefined;
  const length = vectorLength(output);
  if (output === undefined || length === undefined || length < 2) return undefined;
  const isNamed = labels !== undefined || clues.metadata?.has("names") === true;
  const isVector =
    task === undefined ? !isNamed && VECTOR_LENGTHS.includes(length) : task === "embedding";
  return isVector ? embedding(clues, output, length) : classification(clues, output, length);
};

function embedding(clues: Clues, output: TensorSignature, dimensions: number): Recognized {
  // channels last come from converters of frameworks that do not normalise by ImageNet
  const isPlain = clues.picture.layout === "nhwc";
  return {
    body: {
      task: "embedding",
      input: inputSpec(clues.picture, {
        fit: "stretch",
        ...(isPlain ? { channels: "bgr", scale: 1 } : OF_IMAGENET),
      }),
      output: { names: [output.name], dimensions },
    },
    assumptions: [
      `Its ${dimensions} numbers are taken for a vector that describes a crop; name its task if they are classes.`,
      isPlain
        ? "It is run like Intel's re-identification models: blue, green, red, 0 to 255, the crop stretched."
        : "It is run as most are trained: red, green, blue, normalised as for ImageNet, the crop stretched.",
    ],
  };
}

function classification(
  clues: Clues,
  output: TensorSignature,
  classes: number,
  isProbability?: boolean,
): Recognized {
  const { labels, assumption } = classNames(classes, clues);
  const { width, height } = clues.picture;
  // Ultralytics' classifiers take 0 to 1 and give probabilities
  const isUltralytics = ultralytics(clues)?.task === "classify";
  const settle = (seen: SeenOutputs): Recognized =>
    classification(
      clues,
      output,
      classes,
      describeScores(seen.get(output.name)!.data.subarray(0, classes)).areProbabilities,
    );
  const shortSide = isUltralytics
    ? Math.max(width, height)
    : Math.round(Math.max(width, height) * RESIZE);
  return {
    body: {
      task: "classification",
      input: inputSpec(clues.picture, {
        fit: "center-crop",
        shortSide,
        ...(isUltralytics ? {} : OF_IMAGENET),
      }),
      output: {
        names: [output.name],
        activation: isUltralytics || isProbability === true ? "none" : "softmax",
      },
      labels,
      thresholds: { score: 0, most: Math.min(5, classes) },
    },
    assumptions: [
      isUltralytics
        ? "It is run as Ultralytics' classifiers are: red, green, blue, 0 to 1, the middle of the picture; it gives probabilities."
        : `It is run as ImageNet's classifiers are: red, green, blue, normalised, the short side scaled to ${shortSide}, the middle of ${width}x${height}; its numbers are ${isProbability === true ? "probabilities: for a test picture their sum was 1" : "taken for logits"}.`,
      ...(assumption === undefined ? [] : [assumption]),
    ],
    ...(isUltralytics || isProbability !== undefined ? {} : { settle }),
  };
}

/** A map of the input's channels, at its size or a multiple of it: another picture. */
export const image: Recognizer = (clues) => {
  const { graph, picture, task } = clues;
  if (graph.inputs.length > 1 || (task !== undefined && task !== "image-to-image"))
    return undefined;
  const maps = graph.outputs.flatMap((tensor) => {
    const map = mapOf(tensor, picture.channels);
    return map === undefined ? [] : [{ ...map, name: tensor.name }];
  });
  const fitting = maps.filter(
    ({ width, height }) =>
      width % picture.width === 0 && height / picture.height === width / picture.width,
  );
  const wanted =
    clues.output === undefined ? fitting.at(-1) : fitting.find(({ name }) => name === clues.output);
  if (wanted === undefined) return undefined;
  return {
    body: {
      task: "image-to-image",
      input: inputSpec(picture, { fit: "stretch" }),
      output: {
        names: [wanted.name],
        layout: wanted.layout,
        upscale: wanted.width / picture.width,
        scale: 255,
      },
    },
    assumptions: [
      `It makes pictures of pictures: ${picture.channels === 1 ? "brightness" : "red, green, blue"}, 0 to 1, both in and out.`,
      ...(fitting.length > 1 && clues.output === undefined
        ? [
            `Each of ${fitting.map(({ name }) => name).join(", ")} could be the picture; the last is taken. Name another with --output.`,
          ]
        : []),
    ],
  };
};

/** A class for each pixel. */
export const classMap: Recognizer = (clues) => {
  const { graph, picture } = clues;
  if (graph.inputs.length > 1 || picture.channels !== 3) return undefined;
  const output =
    clues.output === undefined
      ? graph.outputs[0]
      : graph.outputs.find(({ name }) => name === clues.output);
  if (output === undefined) return undefined;
  const isIds =
    ["int64", "int32"].includes(output.type) &&
    (output.shape.length === 3 || (output.shape.length === 4 && output.shape[1] === 1));
  const scores =
    output.type === "float32" && output.shape.length === 4
      ? scoreMap(output, picture.layout)
      : undefined;
  if (!isIds && scores === undefined) return undefined;
  const classes = scores?.classes ?? clues.labels?.length;
  // a map of ids does not say how many there are
  if (classes === undefined) return undefined;
  const { labels, assumption } = classNames(classes, clues);
  const isVoc = labels[0] === "background";
  const isPlain = picture.layout === "nhwc";
  return {
    body: {
      task: "semantic-segmentation",
      input: inputSpec(picture, {
        fit: "stretch",
        ...(isPlain ? { scale: 1 / 127.5, mean: [1, 1, 1] } : OF_IMAGENET),
      }),
      output: {
        names: [output.name],
        gives: isIds ? "ids" : "scores",
        layout: scores?.layout ?? "nchw",
        ...(isVoc ? { background: 0 } : {}),
      },
      labels,
    },
    assumptions: [
      isPlain
        ? "It is run as TensorFlow's are: red, green, blue, -1 to 1, the picture stretched."
        : "It is run as most are trained: red, green, blue, normalised as for ImageNet, the picture stretched.",
      ...(assumption === undefined ? [] : [assumption]),
    ],
  };
};

function vectorLength(output: TensorSignature | undefined): number | undefined {
  if (output?.type !== "float32") return undefined;
  const [, ...own] = output.shape;
  // a map of one pixel, channels first or last, is a vector too
  const isPixel = own.length === 3 && own.filter((extent) => extent === 1).length === 2;
  const length =
    own.length === 1 ? own[0] : isPixel ? own.find((extent) => extent !== 1) : undefined;
  return typeof length === "number" ? length : undefined;
}

function mapOf(
  { type, shape }: TensorSignature,
  channels: number,
): { width: number; height: number; layout: "nchw" | "nhwc" } | undefined {
  if (type !== "float32" || shape.length !== 4) return undefined;
  const layout = shape[1] === channels ? "nchw" : shape[3] === channels ? "nhwc" : undefined;
  if (layout === undefined) return undefined;
  const [height, width] = layout === "nchw" ? shape.slice(2) : shape.slice(1, 3);
  return typeof width === "number" && typeof height === "number" && width > 1
    ? { width, height, layout }
    : undefined;
}

function scoreMap(
  { shape }: TensorSignature,
  layout: string,
): { classes: number; layout: "nchw" | "nhwc" } | undefined {
  const classes = layout === "nhwc" ? shape[3] : shape[1];
  if (typeof classes !== "number" || classes < 2) return undefined;
  return { classes, layout: layout === "nhwc" ? "nhwc" : "nchw" };
}
