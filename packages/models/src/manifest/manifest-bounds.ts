/** Characters of the name of an input or an output: exporters write whole paths. */
export const MOST_TENSOR_NAME = 1_000;

/** Channels of each order. `luma`: brightness alone, .299 red + .587 green + .114 blue. */
export const CHANNEL_COUNT = { rgb: 3, bgr: 3, luma: 1 } as const;
