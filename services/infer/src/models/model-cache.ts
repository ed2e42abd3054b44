import { modelKeys, type ModelRef, type RunSetting } from "@framequeue/contracts";
import {
  type Engine,
  loadModelPackage,
  type ModelPackage,
  parseManifest,
  type RunGuard,
  type RunnerOptions,
  type SessionRun,
} from "@framequeue/models";
import { modelDamaged, modelProblem, readManifest } from "@framequeue/pipeline";
import { hashFile, type LocalCopy, type ObjectStore } from "@framequeue/storage";

export interface ModelCacheOptions {
  readonly workers: number;
  readonly threadsPerWorker: number;
  /** How many sessions and threads a model runs fastest with, where that was measured: instead of the two above. */
  readonly tuned?: ((model: ModelRef) => Promise<RunSetting | undefined>) | undefined;
  /** What models run on; the processor by default. */
  readonly engine?: Pick<Engine, "devices" | "turns"> | undefined;
  readonly capacity: number;
  /** Watches what the models take. */
  readonly guard?: RunGuard<ModelRef> | undefined;
  /** Hears of every run of a network. */
  readonly onRun?: ((model: ModelRef, run: SessionRun) => void) | undefined;
  /** A model is ready that was not. */
  readonly onLoad?: ((model: ModelRef, seconds: number) => void) | undefined;
}

/** A loaded model on loan; disposing gives it back. */
export interface ModelLoan<M> extends AsyncDisposable {
  readonly model: M;
}

export interface ModelCache<M> extends AsyncDisposable {
  /**
   * Loads the model on first use; throws `model-not-found`, `model-damaged` or `model-invalid`.
   *
   * @param tensorBatch pictures per run, where the model leaves that open: another number is another session, because
   * its last bits may be others
   */
  borrow(model: ModelRef, tensorBatch: number): Promise<ModelLoan<M>>;
  /** By sha256, the models whose sessions are open and have run. */
  loaded(): ReadonlySet<string>;
  /** Unloads the sessions of a model that nobody has on loan. */
  drop(sha256: string): Promise<void>;
}

interface Entry<M> {
  readonly sha256: string;
  readonly loaded: Promise<{ model: M; files: LocalCopy }>;
  isOpen: boolean;
  loans: number;
}

/**
 * Keeps the models that were used last loaded: so many as `capacity` says beside those on loan, so that jobs of several
 * models that take turns do not push each other out.
 *
 * @param openModel opens the sessions of a model for a task
 */
export function createModelCache<M extends AsyncDisposable>(
  objects: ObjectStore,
  openModel: (model: ModelPackage, options: RunnerOptions) => Promise<M>,
  options: ModelCacheOptions,
): ModelCache<M> {
  const { onRun, onLoad, engine, tuned, guard } = options;
  const entries = new Map<string, Entry<M>>();

  async function load(ref: ModelRef, tensorBatch: number): Promise<{ model: M; files: LocalCopy }> {
    const started = performance.now();
    const keys = modelKeys(ref.sha256);
    const manifest = parseManifest(await readManifest(objects, ref), ref.name);
    const files = await localModel(objects, keys.model, ref);
    try {
      if ((await hashFile(files.path)).sha256 !== ref.sha256) throw modelDamaged(ref);
      const modelPackage = await loadModelPackage(files.path, { manifest });
      const setting = await tuned?.(ref);
      const model = await openModel(modelPackage, {
        workers: setting?.sessions ?? options.workers,
        threadsPerWorker: setting?.threads ?? options.threadsPerWorker,
        ...engine,
        tensorBatch,
        guard: guard?.of(ref),
        ...(onRun === undefined ? {} : { onRun: (run) => onRun(ref, run) }),
      });
      onLoad?.(ref, (performance.now() - started) / 1000);
      return { model, files };
    } catch (error) {
      await files[Symbol.asyncDispose]();
      throw error;
    }
  }

  function open(model: ModelRef, tensorBatch: number): Entry<M> {
    const loaded = load(model, tensorBatch);
    const entry: Entry<M> = { sha256: model.sha256, loaded, isOpen: false, loans: 0 };
    loaded.then(
      () => (entry.isOpen = true),
      () => {},
    );
    return entry;
  }

  async function unload({ loaded }: Entry<M>): Promise<void> {
    const opened = await loaded.catch(() => undefined);
    await opened?.model[Symbol.asyncDispose]();
    await opened?.files[Symbol.asyncDispose]();
  }

  async function trim(): Promise<void> {
    const idle = [...entries].filter(([, { loans }]) => loans === 0);
    for (const [key, entry] of idle.slice(0, Math.max(0, idle.length - options.capacity))) {
      entries.delete(key);
      await unload(entry);
    }
  }

  return {
    async borrow(ref, tensorBatch) {
      const key = `${ref.sha256}/${tensorBatch}`;
      const entry = entries.get(key) ?? open(ref, tensorBatch);
      // The map's order is the order of use, oldest first.
      entries.delete(key);
      entries.set(key, entry);
      entry.loans++;
      try {
        const { model } = await entry.loaded;
        return {
          model,
          async [Symbol.asyncDispose]() {
            entry.loans--;
            await trim();
          },
        };
      } catch (error) {
        entry.loans--;
        // A model that failed to load may load the next time.
        if (entries.get(key) === entry) entries.delete(key);
        throw error;
      }
    },
    loaded: () =>
      new Set([...entries.values()].filter(({ isOpen }) => isOpen).map(({ sha256 }) => sha256)),
    async drop(sha256) {
      for (const [key, entry] of entries) {
        if (entry.sha256 !== sha256 || entry.loans > 0) continue;
        entries.delete(key);
        await unload(entry);
      }
    },
    async [Symbol.asyncDispose]() {
      const all = [...entries.values()];
      entries.clear();
      await Promise.all(all.map(unload));
    },
  };
}

async function localModel(objects: ObjectStore, key: string, model: ModelRef): Promise<LocalCopy> {
  try {
    return await objects.localCopy(key);
  } catch (error) {
    throw modelProblem(error, model);
  }
}
