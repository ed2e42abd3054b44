/** The stages, in the order in which a job meets them. Each is a BullMQ queue of its own name. */
export const STAGES = ["ingest", "decode", "enhance", "infer", "track", "index", "render"] as const;
export type Stage = (typeof STAGES)[number];

/** Key prefix of everything that BullMQ writes. The hash tag keeps a queue's keys in one cluster slot. */
export const QUEUE_PREFIX = "{fq}";
