import {
  type AcceptedJob,
  executionOptionsSchema,
  type JobId,
  resultOptionsSchema,
} from "@framequeue/contracts";

/** A kind of object, by its keys, and a job that has such objects. */
export interface ObjectKind {
  readonly name: string;
  /** In which `JOB` stands for the job's id. */
  readonly key: string;
  /** How the job differs from a plain one. */
  readonly job?: Partial<AcceptedJob>;
  /** Its job has views, for which there is another model. */
  readonly looks?: boolean;
  /** It is there before the job begins, and struck when it is at work. */
  readonly fromStart?: boolean;
  /** Only a longer video has it. */
  readonly long?: boolean;
  /** Only a job that had to begin again has it. */
  readonly ofSecondEpoch?: boolean;
}

export function isOfKind({ key: pattern }: ObjectKind, key: string, job: JobId): boolean {
  return new RegExp(`^${pattern.replace("JOB", job)}$`).test(key);
}

const cut = (segmentSeconds: number, batchFrames: number): Partial<AcceptedJob> => ({
  execution: executionOptionsSchema.parse({ segmentSeconds, batchFrames }),
});
const WORK = "jobs/JOB/work/\\w+";
const LOOKS = {
  looks: true,
  job: { options: resultOptionsSchema.parse({ views: { perTrack: 2 } }), ...cut(1, 8) },
};

/** What steps of a job leave for others, while it runs. */
export const INTERMEDIATES: readonly ObjectKind[] = [
  { name: "plan", key: `${WORK}/plan\\.json` },
  { name: "times of a segment", key: `${WORK}/times/\\d+\\.json` },
  { name: "timeline", key: `${WORK}/timeline/\\w+`, job: cut(0, 8) },
  { name: "infer", key: `${WORK}/infer/\\w+` },
  { name: "part", key: `${WORK}/part/\\w+` },
  { name: "checkpoint", key: `${WORK}/checkpoint/\\w+` },
  { name: "list of parts", key: `${WORK}/manifest/\\w+`, job: cut(0, 1), long: true },
  { name: "cut", key: `${WORK}/cut/\\w+`, ...LOOKS },
  { name: "pack of views", key: `${WORK}/views/\\w+`, ...LOOKS },
  { name: "look", key: `${WORK}/look/\\w+`, ...LOOKS },
  { name: "index report", key: `${WORK}/index/\\w+` },
  { name: "render report", key: `${WORK}/render/\\w+`, job: { ...cut(1, 8), render: true } },
  { name: "kept", key: `${WORK}/kept\\.json`, ofSecondEpoch: true },
  { name: "adopted", key: `${WORK}/adopted/\\d+\\.json`, ofSecondEpoch: true },
];

/** What a job is, what it works on and what it came to. */
export const RECORDS: readonly ObjectKind[] = [
  { name: "accepted", key: "jobs/JOB/accepted\\.json", fromStart: true },
  { name: "source", key: "jobs/JOB/source/walk\\.mp4", fromStart: true },
  { name: "result", key: "jobs/JOB/result\\.1\\.json" },
  { name: "result file", key: "jobs/JOB/artifacts/\\w+/frames\\.jsonl" },
];

export const OF_MODELS: readonly ObjectKind[] = [
  { name: "model", key: "models/\\w+/model\\.onnx", fromStart: true },
  { name: "manifest of a model", key: "models/\\w+/manifest\\.json", fromStart: true },
  { name: "lineage", key: "models/\\w+/lineage\\.json", fromStart: true },
  { name: "aliases", key: "aliases/[\\w-]+\\.json", fromStart: true },
];
