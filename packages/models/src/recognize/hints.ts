import type { ModelTask } from "@framequeue/contracts";
import type { GraphSignature } from "../manifest/graph-signature.ts";
import type { ModelManifest } from "../manifest/manifest.ts";

/** What is known about a bare file beside its graph. */
export interface Hints {
  /** Names of the classes, in the order of their ids. */
  readonly labels?: readonly string[] | undefined;
  readonly task?: ModelTask | undefined;
  /** The output that is meant, where a graph has several that could be. */
  readonly output?: string | undefined;
  /** Sides of the input, where the graph leaves them open. */
  readonly size?: { readonly width: number; readonly height: number } | undefined;
  /** What the exporter left in the file. */
  readonly metadata?: ReadonlyMap<string, string> | undefined;
}

type Body<M> = M extends ModelManifest
  ? Omit<
      M,
      | "schemaVersion"
      | "name"
      | "version"
      | "description"
      | "file"
      | "sha256"
      | "license"
      | "source"
    >
  : never;

/** The part of a manifest that says how to use the graph. */
export type ManifestBody = Body<ModelManifest>;
export type BodyOf<T extends ModelTask> = Extract<ManifestBody, { task: T }>;

/** What a graph put out for a test picture, by the outputs' names. */
export type SeenOutputs = ReadonlyMap<
  string,
  { readonly dims: readonly number[]; readonly data: Float32Array }
>;

/** What a bare ONNX file was taken for, and in words what of that its metadata does not say. */
export interface Recognized<B extends ManifestBody = ManifestBody> {
  readonly body: B;
  readonly assumptions: readonly string[];
  /**
   * Where shapes leave two readings: decides between them by what the graph gives for a test picture that enters as
   * `body` says.
   */
  readonly settle?: (seen: SeenOutputs) => Recognized;
}

/** A graph with the input that takes the picture, and what else is known. */
export interface Clues extends Hints {
  readonly graph: GraphSignature;
  readonly picture: PictureInput;
}

/** The input that takes pictures. */
export interface PictureInput {
  readonly name: string;
  readonly layout: "nchw" | "nhwc" | "chw";
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly batch: "dynamic" | number;
}

/** Takes a graph for one of a family, or leaves it to the next. */
export type Recognizer = (clues: Clues) => Recognized | undefined;
