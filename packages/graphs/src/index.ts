export { GraphBuilder } from "./graph-builder.ts";
export type { Attribute, DataType, Dimension, GraphOptions, Value } from "./graph-builder.ts";
export { DATA_LOCATION, ENTRY, GRAPH, MODEL, TENSOR } from "./onnx-fields.ts";
export { TEST_DETECTOR_LABELS, testDetector } from "./test-detector.ts";
export type { TestDetectorOptions } from "./test-detector.ts";
export { endlessClassifier } from "./endless-classifier.ts";
