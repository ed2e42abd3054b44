/**
 * Field numbers of the ONNX messages that the builder writes and readers of files look for.
 *
 * Source: onnx.proto of the ONNX specification (IR version 8).
 */
export const MODEL = {
  irVersion: 1,
  producerName: 2,
  docString: 6,
  graph: 7,
  opsetImport: 8,
  metadataProps: 14,
} as const;
export const OPSET = { domain: 1, version: 2 } as const;
export const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
export const NODE = { input: 1, output: 2, name: 3, opType: 4, attribute: 5 } as const;
export const ATTRIBUTE = { name: 1, f: 2, i: 3, s: 4, g: 6, floats: 7, ints: 8, type: 20 } as const;
export const TENSOR = {
  dims: 1,
  dataType: 2,
  name: 8,
  rawData: 9,
  externalData: 13,
  dataLocation: 14,
} as const;
/** StringStringEntryProto. */
export const ENTRY = { key: 1, value: 2 } as const;
export const VALUE_INFO = { name: 1, type: 2 } as const;
export const TYPE = { tensorType: 1 } as const;
export const TENSOR_TYPE = { elemType: 1, shape: 2 } as const;
export const SHAPE = { dim: 1 } as const;
export const DIMENSION = { value: 1, param: 2 } as const;

/** Where a tensor's numbers are: in the model's file, or in another. */
export const DATA_LOCATION = { external: 1 } as const;

export const ATTRIBUTE_TYPE = {
  float: 1,
  int: 2,
  string: 3,
  graph: 5,
  floats: 6,
  ints: 7,
} as const;
export const DATA_TYPE = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
} as const;
