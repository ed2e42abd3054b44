import { modelKeys, type ModelRef, ProblemError, type RunSetting } from "@framequeue/contracts";
import {
  createDetector,
  type Detector,
  type Engine,
  loadModelPackage,
  type SessionRun,
} from "@framequeue/models";
import { type LocalCopy, ObjectNotFound, type ObjectStore } from "@framequeue/storage";

export interface DetectorCacheOptions {
  readonly workers: number;
  readonly threadsPerWorker: number;
  /** How many sessions and threads a model runs fastest with, where that was measured: instead of the two above. */
  readonly tuned?: ((model: ModelRef) => Promise<RunSetting | undefined>) | undefined;
  /** What models run on; the processor by default. */
  readonly engine?: Pick<Engine, "devices" | "turns"> | undefined;
  readonly capacity: number;
  /** Hears of every run of a network. */
  readonly onRun?: ((model: ModelRef, run: SessionRun) => void) | undefined;
  /** A model is ready that was not. */
  readonly onLoad?: ((model: ModelRef, seconds: number) => void) | undefined;
}

/** A loaded model on loan; disposing gives it back. */
export interface DetectorLoan extends AsyncDisposable {
  readonly detector: Detector;
}

export interface DetectorCache extends AsyncDisposable {
  /**
   * Loads the model on first use; throws `model-not-found` or `model-invalid`.
   *
   * @param tensorBatch pictures per run, where the model leaves that open: another number is another session, because
   * its last bits may be others
   */
  borrow(model: ModelRef, tensorBatch: number): Promise<DetectorLoan>;
  /** By sha256, the models whose sessions are open and have run. */
  loaded(): ReadonlySet<string>;
  /** Unloads the sessions of a model that nobody has on loan. */
  drop(sha256: string): Promise<void>;
}

interface Entry {
  readonly sha256: string;
  readonly loaded: Promise<{ detector: Detector; files: LocalCopy }>;
  isOpen: boolean;
  loans: number;
}

/** Keeps the models that were used last loaded. One in use is never unloaded, so there may be more than `capacity`. */
export function createDetectorCache(
  objects: ObjectStore,
  options: DetectorCacheOptions,
): DetectorCache {
  const { onRun, onLoad, engine, tuned } = options;
  const entries = new Map<string, Entry>();

  async function load(
    model: ModelRef,
    tensorBatch: number,
  ): Promise<{ detector: Detector; files: LocalCopy }> {
    const started = performance.now();
    const keys = modelKeys(model.sha256);
    const files = await localModel(objects, keys.model, model);
    const manifest = await localModel(objects, keys.manifest, model);
    try {
      const modelPackage = await loadModelPackage(files.path, { manifest: manifest.path });
      const setting = await tuned?.(model);
      const detector = await createDetector(modelPackage, {
        workers: setting?.sessions ?? options.workers,
        threadsPerWorker: setting?.threads ?? options.threadsPerWorker,
        ...engine,
        tensorBatch,
        ...(onRun === undefined ? {} : { onRun: (run) => onRun(model, run) }),
      });
      onLoad?.(model, (performance.now() - started) / 1000);
      return { detector, files };
    } catch (error) {
      await files[Symbol.asyncDispose]();
      throw error;
    } finally {
      await manifest[Symbol.asyncDispose]();
    }
  }

  function open(model: ModelRef, tensorBatch: number): Entry {
    const loaded = load(model, tensorBatch);
    const entry: Entry = { sha256: model.sha256, loaded, isOpen: false, loans: 0 };
    loaded.then(
      () => (entry.isOpen = true),
      () => {},
    );
    return entry;
  }

  async function unload({ loaded }: Entry): Promise<void> {
    const model = await loaded.catch(() => undefined);
    await model?.detector[Symbol.asyncDispose]();
    await model?.files[Symbol.asyncDispose]();
  }

  async function trim(): Promise<void> {
    for (const [key, entry] of entries) {
      if (entries.size <= options.capacity) return;
      if (entry.loans > 0) continue;
      entries.delete(key);
      await unload(entry);
    }
  }

  return {
    async borrow(model, tensorBatch) {
      const key = `${model.sha256}/${tensorBatch}`;
      const entry = entries.get(key) ?? open(model, tensorBatch);
      // The map's order is the order of use, oldest first.
      entries.delete(key);
      entries.set(key, entry);
      entry.loans++;
      try {
        const { detector } = await entry.loaded;
        return {
          detector,
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
    if (!(error instanceof ObjectNotFound)) throw error;
    throw new ProblemError(
      "model-not-found",
      `The model ${model.name} ${model.version} is not in the store any more.`,
      { at: "model", cause: error },
    );
  }
}
