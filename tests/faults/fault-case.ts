import type { FaultSite } from "./fault-site.ts";

/** One misfortune or malice, played against a running system. */
export interface FaultCase {
  /** The kind of fault: see {@link KINDS}. */
  readonly kind: keyof typeof KINDS;
  /** What is done. */
  readonly what: string;
  /** What has to come back: a state, a status, the code of a problem, a line of the log. */
  readonly wants: RegExp;
  /** The fault takes the API or its Redis away for a while: then nobody is answered, and that is no loss. */
  readonly down?: true;
  /** Part of `npm test`. */
  readonly quick?: true;
  /** It takes the rights of root to bring about. */
  readonly root?: true;
  /** Plays the fault, mends what a person would mend, and answers what came back. */
  play(site: FaultSite, signal: AbortSignal): Promise<string>;
}

export const KINDS = {
  tools: "an exit status alone",
  objects: "objects that are damaged",
  sources: "sources that change",
  times: "odd times",
  durability: "a power cut",
  forgetting: "a Redis that forgets",
  records: "damaged records",
  watching: "who watches whom",
  deleting: "what is not ours",
  waiting: "others that keep us waiting",
  claims: "claims believed",
  sizes: "answers as large as what was sent",
  names: "long names",
  models: "models that loop or eat",
  leftovers: "what stays",
  starting: "a start that fails",
} as const;

/** A row of the table. */
export interface Played {
  readonly case: FaultCase;
  readonly cameBack: string;
  /** `nothing`, or what. */
  readonly lost: string;
  /** How others were served meanwhile. */
  readonly others: string;
  /** Every cell is as it has to be. */
  readonly holds: boolean;
  readonly seconds: number;
}
