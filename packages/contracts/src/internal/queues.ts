/** The stages, in the order in which a job meets them. Each is a service with a BullMQ queue of its own name. */
export const STAGES = ["ingest", "decode", "enhance", "infer", "track", "index", "render"] as const;
export type Stage = (typeof STAGES)[number];

/**
 * Queues of the steps of jobs. Sources on the web are fetched by ingest from a queue beside its own: their servers decide
 * how long that takes, and no other job waits for them.
 */
export const STEP_QUEUES = [...STAGES, "fetch"] as const;
export type QueueName = (typeof STEP_QUEUES)[number];

/**
 * Every queue. What is made of jobs that have ended is made by index, from a queue beside its own: somebody waits for it,
 * and no step of a job does.
 */
export const QUEUES = [...STEP_QUEUES, "derive"] as const;
export type AnyQueueName = (typeof QUEUES)[number];

/** Key prefix of everything that BullMQ writes. The hash tag keeps a queue's keys in one cluster slot. */
export const QUEUE_PREFIX = "{fq}";
