import type { JobResult } from "@framequeue/contracts";
import { objectSha256, type ObjectStore } from "@framequeue/storage";

type Artifact = JobResult["artifacts"][string];

/** Result files of which it is remembered that they are what they should be. */
const MOST_REMEMBERED = 1_000;
/** For so long: a disk may lose what nobody wrote to. */
const REMEMBERED_MS = 10 * 60_000;

/**
 * Whether result files are what their jobs wrote. Each is read whole for that; one that nobody has touched since is
 * read again after ten minutes only, so that a player which asks for a video piece by piece does not have it read for
 * each.
 */
export interface ArtifactCheck {
  isIntact(artifact: Artifact): Promise<boolean>;
  /** The names of those of a job that are gone or are something else. */
  damaged(result: JobResult): Promise<string[]>;
}

interface Verdict {
  readonly version: string;
  readonly atMs: number;
  readonly isIntact: Promise<boolean>;
}

export function createArtifactCheck(
  objects: ObjectStore,
  now: () => number = Date.now,
): ArtifactCheck {
  const verdicts = new Map<string, Verdict>();

  async function isIntact(artifact: Artifact): Promise<boolean> {
    const { key, bytes } = artifact;
    const stored = await objects.stat(key);
    if (stored?.bytes !== bytes) return false;
    const known = verdicts.get(key);
    const isFresh =
      known?.version === stored.version && Math.abs(now() - known.atMs) < REMEMBERED_MS;
    if (isFresh) return known.isIntact;
    const verdict = { version: stored.version, atMs: now(), isIntact: fits(objects, artifact) };
    verdicts.delete(key);
    verdicts.set(key, verdict);
    if (verdicts.size > MOST_REMEMBERED) verdicts.delete(verdicts.keys().next().value!);
    // Who asks next asks anew where this one learnt nothing, and where somebody may mend it.
    const forget = (): void => void (verdicts.get(key) === verdict && verdicts.delete(key));
    verdict.isIntact.then((isSo) => isSo || forget(), forget);
    return verdict.isIntact;
  }

  return {
    isIntact,
    async damaged({ artifacts }) {
      const names: string[] = [];
      for (const [name, artifact] of Object.entries(artifacts)) {
        if (!(await isIntact(artifact))) names.push(name);
      }
      return names;
    },
  };
}

async function fits(objects: ObjectStore, { key, sha256 }: Artifact): Promise<boolean> {
  return (await objectSha256(objects, key)) === sha256;
}
