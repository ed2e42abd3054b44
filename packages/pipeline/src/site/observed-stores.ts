import type { FrameStore } from "@framequeue/frames";
import { ObjectNotFound, type ObjectStore } from "@framequeue/storage";

/** One call of a store. */
export interface StoreCall {
  readonly store: "frames" | "objects";
  readonly operation: "put" | "get" | "stat" | "copy" | "delete";
  readonly seconds: number;
  /** Of the content, where the call carries one. */
  readonly bytes: number;
  /** The store did what it was asked; that there is no such thing counts as an answer. */
  readonly ok: boolean;
}

export interface StoreEvents {
  readonly onStoreCall?: (call: StoreCall) => void;
}

type Timed = <T>(
  operation: StoreCall["operation"],
  work: Promise<T>,
  bytesOf?: (answer: T) => number,
) => Promise<T>;

function timer(store: StoreCall["store"], onStoreCall: (call: StoreCall) => void): Timed {
  return async (operation, work, bytesOf = () => 0) => {
    const started = performance.now();
    const tell = (ok: boolean, bytes: number): void =>
      onStoreCall({ store, operation, seconds: (performance.now() - started) / 1000, bytes, ok });
    try {
      const answer = await work;
      tell(true, bytesOf(answer));
      return answer;
    } catch (error) {
      tell(error instanceof ObjectNotFound, 0);
      throw error;
    }
  };
}

/** The same store, with a listener to its calls; without one, the store itself. */
export function observeFrames(frames: FrameStore, { onStoreCall }: StoreEvents): FrameStore {
  if (onStoreCall === undefined) return frames;
  const timed = timer("frames", onStoreCall);
  return {
    kind: frames.kind,
    allocate: (bytes) => frames.allocate(bytes),
    put: (key, batch) => timed("put", frames.put(key, batch), () => batch.pixels.byteLength),
    get: (key) => timed("get", frames.get(key), (batch) => batch?.pixels.byteLength ?? 0),
    discard: (pixels) => frames.discard(pixels),
    discardRead: (batch) => frames.discardRead(batch),
    delete: (key) => timed("delete", frames.delete(key)),
    deletePrefix: (prefix) => timed("delete", frames.deletePrefix(prefix)),
    list: (prefix) => frames.list(prefix),
    ...(frames.usage === undefined ? {} : { usage: () => frames.usage!() }),
    [Symbol.asyncDispose]: () => frames[Symbol.asyncDispose](),
  };
}

/** The same for objects. What is read as a stream is not timed: its pace is its reader's. */
export function observeObjects(objects: ObjectStore, { onStoreCall }: StoreEvents): ObjectStore {
  if (onStoreCall === undefined) return objects;
  const timed = timer("objects", onStoreCall);
  return {
    put: (key, body, options) =>
      timed("put", objects.put(key, body, options), () => Buffer.byteLength(body)),
    putStream: (key, body, options) =>
      timed("put", objects.putStream(key, body, options), ({ bytes }) => bytes),
    putFile: (key, path) => timed("put", objects.putFile(key, path)),
    get: (key) => timed("get", objects.get(key), (body) => body.byteLength),
    stat: (key) => timed("stat", objects.stat(key)),
    read: (key, range) => objects.read(key, range),
    localCopy: (key) => timed("copy", objects.localCopy(key)),
    list: (prefix) => objects.list(prefix),
    names: (prefix) => objects.names(prefix),
    unfinished: (prefix) => objects.unfinished(prefix),
    delete: (key) => timed("delete", objects.delete(key)),
    deletePrefix: (prefix) => timed("delete", objects.deletePrefix(prefix)),
  };
}
