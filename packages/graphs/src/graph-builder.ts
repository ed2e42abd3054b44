import {
  ATTRIBUTE,
  ATTRIBUTE_TYPE,
  DATA_LOCATION,
  DATA_TYPE,
  DIMENSION,
  ENTRY,
  GRAPH,
  MODEL,
  NODE,
  OPSET,
  SHAPE,
  TENSOR,
  TENSOR_TYPE,
  TYPE,
  VALUE_INFO,
} from "./onnx-fields.ts";
import { ProtobufWriter } from "./protobuf.ts";

/** The name of a value in the graph: an input, an initialiser or what a node puts out. */
export type Value = string;
export type DataType = keyof typeof DATA_TYPE;
/** A size, or the name of one that is known when the graph runs. */
export type Dimension = number | string;

/** JavaScript has no integer type: an attribute is a float only where it says so. */
export type Attribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  /** What runs inside of the node, such as the body of a loop. */
  | { readonly graph: GraphBuilder };

export interface GraphOptions {
  readonly name: string;
  readonly description?: string;
  /** Version of the standard operators; 17 by default. */
  readonly opset?: number;
  /** What the file says about itself, by key. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const IR_VERSION = 8;

/** Collects an ONNX graph, in execution order, and serialises it. */
export class GraphBuilder {
  readonly #options: GraphOptions;
  readonly #inputs: ProtobufWriter[] = [];
  readonly #outputs: ProtobufWriter[] = [];
  readonly #initializers: ProtobufWriter[] = [];
  readonly #nodes: ProtobufWriter[] = [];
  readonly #names = new Set<string>();
  #count = 0;

  constructor(options: GraphOptions) {
    this.#options = options;
  }

  input(name: string, type: DataType, shape: readonly Dimension[]): Value {
    this.#inputs.push(valueInfo(name, type, shape));
    return this.#declare(name);
  }

  /** Marks a value as an output of the graph. */
  output(value: Value, type: DataType, shape: readonly Dimension[]): void {
    this.#mustExist(value);
    this.#outputs.push(valueInfo(value, type, shape));
  }

  /** A constant float32 tensor. An empty shape makes a scalar. */
  float32(data: Float32Array | readonly number[], shape: readonly number[] = []): Value {
    return this.#constant("float32", Float32Array.from(data), shape);
  }

  /** A constant int64 tensor, as shapes, axes and indices are; a vector unless a shape is given. */
  int64(data: readonly number[], shape: readonly number[] = [data.length]): Value {
    return this.#constant("int64", BigInt64Array.from(data, BigInt), shape);
  }

  /** A constant float32 tensor whose numbers are in another file, by its path from the model's folder. */
  external(location: string, shape: readonly number[]): Value {
    const name = this.#freshName("external");
    const tensor = tensorOf("float32", name, shape)
      .message(TENSOR.externalData, entry("location", location))
      .int(TENSOR.dataLocation, DATA_LOCATION.external);
    this.#initializers.push(tensor);
    return this.#declare(name);
  }

  /** Adds a node with one output and returns that. `name` fixes the output's name. */
  node(
    opType: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, Attribute>> = {},
    name?: string,
  ): Value {
    return this.nodes(opType, inputs, [name], attributes)[0]!;
  }

  /** Adds a node with several outputs; an undefined name is made up. */
  nodes(
    opType: string,
    inputs: readonly Value[],
    outputs: readonly (string | undefined)[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value[] {
    const message = new ProtobufWriter();
    for (const input of inputs) {
      // an optional input that is left out is written as an empty name
      if (input !== "") this.#mustExist(input);
      message.string(NODE.input, input);
    }
    const names = outputs.map((name) => this.#declare(name ?? this.#freshName(opType)));
    for (const name of names) message.string(NODE.output, name);
    message.string(NODE.name, `${opType}:${names[0]}`);
    message.string(NODE.opType, opType);
    for (const [name, value] of Object.entries(attributes)) {
      message.message(NODE.attribute, attribute(name, value));
    }
    this.#nodes.push(message);
    return names;
  }

  /** The serialised ModelProto. Equal calls give equal bytes. */
  toBytes(): Uint8Array {
    const { description, opset = 17, metadata = {} } = this.#options;
    const model = new ProtobufWriter()
      .int(MODEL.irVersion, IR_VERSION)
      .string(MODEL.producerName, "framequeue");
    if (description !== undefined) model.string(MODEL.docString, description);
    model
      .message(MODEL.graph, this.toMessage())
      .message(
        MODEL.opsetImport,
        new ProtobufWriter().string(OPSET.domain, "").int(OPSET.version, opset),
      );
    for (const [key, value] of Object.entries(metadata)) {
      model.message(MODEL.metadataProps, entry(key, value));
    }
    return model.toBytes();
  }

  /** The GraphProto, as it stands in a file or inside of a node. */
  toMessage(): ProtobufWriter {
    const graph = new ProtobufWriter();
    for (const node of this.#nodes) graph.message(GRAPH.node, node);
    graph.string(GRAPH.name, this.#options.name);
    for (const tensor of this.#initializers) graph.message(GRAPH.initializer, tensor);
    for (const input of this.#inputs) graph.message(GRAPH.input, input);
    for (const output of this.#outputs) graph.message(GRAPH.output, output);
    return graph;
  }

  #constant(type: DataType, data: Float32Array | BigInt64Array, shape: readonly number[]): Value {
    const size = shape.reduce((product, extent) => product * extent, 1);
    if (size !== data.length) {
      throw new RangeError(`${data.length} numbers do not fill the shape [${shape.join(", ")}]`);
    }
    const name = this.#freshName(type);
    // raw data is little-endian, like every platform that Node runs on but s390x
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#initializers.push(tensorOf(type, name, shape).bytes(TENSOR.rawData, bytes));
    return this.#declare(name);
  }

  #freshName(stem: string): string {
    return `${stem.toLowerCase()}_${this.#count++}`;
  }

  #declare(name: string): Value {
    if (this.#names.has(name)) throw new RangeError(`the graph already has a value ${name}`);
    this.#names.add(name);
    return name;
  }

  #mustExist(value: Value): void {
    if (!this.#names.has(value)) throw new RangeError(`the graph has no value ${value}`);
  }
}

function tensorOf(type: DataType, name: string, shape: readonly number[]): ProtobufWriter {
  const tensor = new ProtobufWriter();
  for (const extent of shape) tensor.int(TENSOR.dims, extent);
  return tensor.int(TENSOR.dataType, DATA_TYPE[type]).string(TENSOR.name, name);
}

function entry(key: string, value: string): ProtobufWriter {
  return new ProtobufWriter().string(ENTRY.key, key).string(ENTRY.value, value);
}

function valueInfo(name: string, type: DataType, shape: readonly Dimension[]): ProtobufWriter {
  const shapeMessage = new ProtobufWriter();
  for (const extent of shape) {
    const dimension = new ProtobufWriter();
    if (typeof extent === "number") dimension.int(DIMENSION.value, extent);
    else dimension.string(DIMENSION.param, extent);
    shapeMessage.message(SHAPE.dim, dimension);
  }
  const tensorType = new ProtobufWriter()
    .int(TENSOR_TYPE.elemType, DATA_TYPE[type])
    .message(TENSOR_TYPE.shape, shapeMessage);
  return new ProtobufWriter()
    .string(VALUE_INFO.name, name)
    .message(VALUE_INFO.type, new ProtobufWriter().message(TYPE.tensorType, tensorType));
}

function attribute(name: string, value: Attribute): ProtobufWriter {
  const message = new ProtobufWriter().string(ATTRIBUTE.name, name);
  if (typeof value === "string") {
    return message.string(ATTRIBUTE.s, value).int(ATTRIBUTE.type, ATTRIBUTE_TYPE.string);
  }
  if (typeof value === "number") {
    return message.int(ATTRIBUTE.i, value).int(ATTRIBUTE.type, ATTRIBUTE_TYPE.int);
  }
  if ("float" in value) {
    return message.float(ATTRIBUTE.f, value.float).int(ATTRIBUTE.type, ATTRIBUTE_TYPE.float);
  }
  if ("graph" in value) {
    return message
      .message(ATTRIBUTE.g, value.graph.toMessage())
      .int(ATTRIBUTE.type, ATTRIBUTE_TYPE.graph);
  }
  if ("floats" in value) {
    for (const entry of value.floats) message.float(ATTRIBUTE.floats, entry);
    return message.int(ATTRIBUTE.type, ATTRIBUTE_TYPE.floats);
  }
  for (const entry of value) message.int(ATTRIBUTE.ints, entry);
  return message.int(ATTRIBUTE.type, ATTRIBUTE_TYPE.ints);
}
