/** What the code may import: the layers of packages and the homes of heavy libraries. */
export interface Architecture {
  /** Lowest first. A package imports its own layer and those before it. */
  readonly layers: readonly Layer[];
  /** Libraries that one package wraps for all others, with the folders that may import them outside tests. */
  readonly heavy: Readonly<Record<string, readonly string[]>>;
  /** Files that are loaded in browsers too: neither they nor anything that they import names a builtin of Node. */
  readonly browser: readonly string[];
}

export interface Layer {
  readonly name: string;
  /** Folders of packages, or a parent folder with `/*` for every package in it. */
  readonly folders: readonly string[];
  /** False where packages of the layer must not know each other. */
  readonly importsItself?: boolean;
  /** True where code only computes: no files, processes, sockets or threads. */
  readonly pure?: boolean;
}

/** The arrows contracts ← pure ← adapters ← services ← cli, and around them what measures and tests the whole. */
export const ARCHITECTURE: Architecture = {
  layers: [
    { name: "contracts", folders: ["packages/contracts"], pure: true },
    {
      name: "pure",
      folders: [
        "packages/vision",
        "packages/tracking",
        "packages/analytics",
        "packages/evaluation",
        "packages/graphs",
        "packages/outputs",
        "packages/scaling",
        "packages/synth",
      ],
      pure: true,
    },
    { name: "lifetime", folders: ["packages/lifetime"] },
    {
      name: "adapters",
      folders: [
        "packages/frames",
        "packages/media",
        "packages/models",
        "packages/pipeline",
        "packages/search",
        "packages/service",
        "packages/storage",
      ],
    },
    { name: "services", folders: ["services/*"], importsItself: false },
    { name: "cli", folders: ["packages/cli"] },
    { name: "measures", folders: ["bench", "tests", "training"] },
  ],
  heavy: {
    "@aws-sdk/client-s3": ["packages/storage"],
    "@aws-sdk/lib-storage": ["packages/storage"],
    "@lancedb/lancedb": ["packages/search"],
    "@opentelemetry/api": ["packages/service"],
    "@opentelemetry/sdk-trace": ["packages/service"],
    bullmq: ["packages/pipeline"],
    express: ["services/api"],
    "fluent-ffmpeg": ["packages/media"],
    // Two, because the Redis that holds pixels is another one than the queues', with other manners: it may time out.
    ioredis: ["packages/frames", "packages/pipeline"],
    "onnxruntime-node": ["packages/models"],
    pino: ["packages/service"],
    "prom-client": ["packages/service"],
    sharp: ["packages/media"],
  },
  browser: [
    "packages/contracts/src/openapi/document.ts",
    "packages/contracts/src/api/index.ts",
    "packages/contracts/src/results/index.ts",
  ],
};
