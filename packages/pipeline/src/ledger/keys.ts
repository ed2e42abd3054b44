import type { JobId } from "@framequeue/contracts";

/** Redis keys of one job's ledger, all in one cluster slot, in the order in which the scripts take them. */
export function ledgerKeys(job: JobId): string[] {
  return ["job", "seg", "bat", "live", "parts", "cks"].map((name) => `fq:{${job}}:${name}`);
}

export function jobKey(job: JobId): string {
  return `fq:{${job}}:job`;
}

/** The site's budget of frame-store bytes: who holds how much, and the sum. */
export function grantKeys(site: string): string[] {
  return [`fq:{${site}}:grants`, `fq:{${site}}:total`];
}

/** All jobs, scored by the time of their acceptance. */
export function jobListKey(site: string): string {
  return `fq:{${site}}:jobs`;
}

/** What the objects of each job say that the list shows: see `createJobEntries`. */
export function jobEntriesKey(site: string): string {
  return `fq:{${site}}:entries`;
}

/** Jobs that the reconciler looks after: from acceptance until some time after their end. */
export function activeJobsKey(site: string): string {
  return `fq:{${site}}:active`;
}

/** A random value that stands for as long as Redis forgets nothing of the site. */
export function witnessKey(site: string): string {
  return `fq:{${site}}:witness`;
}

/** The site's virtual time, by which jobs take turns. */
export function clockKey(site: string): string {
  return `fq:{${site}}:clock`;
}

/** Object store keys of a job. */
export const objectKeys = {
  job: (job: JobId): string => `jobs/${job}`,
  accepted: (job: JobId): string => `jobs/${job}/accepted.json`,
  cancelled: (job: JobId): string => `jobs/${job}/cancelled.json`,
  /** The address of a source on the web with what is secret in it, until it is fetched or nobody can want it. */
  address: (job: JobId): string => `jobs/${job}/address.json`,
  sources: (job: JobId): string => `jobs/${job}/source`,
  /** Ends in the file's name, as far as a key can hold it, so that what ffmpeg says of the file names it. */
  source: (job: JobId, name: string): string => `jobs/${job}/source/${keyPart(name)}`,
  result: (job: JobId, run = 1): string => `jobs/${job}/result.${run}.json`,
  /** Says that another run was promised, and so is the number of the newest. */
  retry: (job: JobId, run: number): string => `jobs/${job}/retry.${run}.json`,
  /** Intermediates; deleted when the job ends and no retry could use them. */
  work: (job: JobId): string => `jobs/${job}/work`,
  epoch: (job: JobId, epoch: string): string => `jobs/${job}/work/${epoch}`,
  plan: (job: JobId, epoch: string): string => `jobs/${job}/work/${epoch}/plan.json`,
  /** pts of the segment's frames, as deltas; in sequential mode those that its packets promise, if they do. */
  segmentTimes: (job: JobId, epoch: string, segment: number): string =>
    `jobs/${job}/work/${epoch}/times/${segment}.json`,
  /** What a retry can adopt of the epoch. */
  kept: (job: JobId, epoch: string): string => `jobs/${job}/work/${epoch}/kept.json`,
  /** What the epoch adopts for a segment. */
  adopted: (job: JobId, epoch: string, segment: number): string =>
    `jobs/${job}/work/${epoch}/adopted/${segment}.json`,
  checkpoints: (job: JobId, epoch: string): string => `jobs/${job}/work/${epoch}/checkpoint`,
  /** Content-addressed: two runs of the same work write the same object. */
  intermediate: (job: JobId, epoch: string, kind: string, hash: string): string =>
    `jobs/${job}/work/${epoch}/${kind}/${hash}`,
  /** What was made of the job's results when somebody asked for it. */
  derived: (job: JobId): string => `jobs/${job}/derived`,
  derivedRecord: (job: JobId, name: string): string => `jobs/${job}/derived/${name}.json`,
  derivedFile: (job: JobId, name: string, file: string, hash: string): string =>
    `jobs/${job}/derived/${name}/${hash.slice(0, 16)}/${file}`,
  artifacts: (job: JobId): string => `jobs/${job}/artifacts`,
  artifact: (job: JobId, name: string, hash: string): string =>
    `jobs/${job}/artifacts/${hash.slice(0, 16)}/${name}`,
} as const;

function keyPart(name: string): string {
  const part = name.replace(/[^A-Za-z0-9._-]+/g, "_").slice(-100);
  return /^\.*$/.test(part) ? "file" : part;
}
