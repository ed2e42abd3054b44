import type { Readable } from "node:stream";
import { bounded, BOUNDS } from "@framequeue/contracts";

/** First and last byte, both inclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface PutOptions {
  /**
   * Survives a power cut once the promise resolves. Off for intermediates: the ledger notices when one is missing
   * and makes it again.
   */
  readonly durable?: boolean;
}

export interface StreamedObject {
  readonly bytes: number;
  /** Of the content, in hexadecimal. */
  readonly sha256: string;
}

export interface StoredState {
  readonly bytes: number;
  /** Another one wherever the object was put again or changed by hand: nobody has looked at its content. */
  readonly version: string;
}

/** A file on this machine that holds an object's content for as long as it is not disposed of. */
export interface LocalCopy extends AsyncDisposable {
  readonly path: string;
}

/** A put that has begun: one that goes on, or what a process left that was killed in the middle of it. */
export interface Unfinished {
  /** The same for everybody who looks, below the prefix. */
  readonly name: string;
  /** Another one whenever more of it has come. */
  readonly state: string;
  /** Takes it away; whoever still writes there fails. */
  discard(): Promise<void>;
}

/**
 * Named byte strings that outlive every process: sources, intermediates, results. An object appears whole or not at
 * all, and a put replaces what was there. Keys are slash-separated paths of `[A-Za-z0-9._-]` parts of at most 200
 * characters; under a longer one nothing is found.
 *
 * Errors: `store-full` when there is no room, `store-unavailable` when the store does not answer, and
 * {@link ObjectNotFound} from the calls that need the object.
 */
export interface ObjectStore {
  put(key: string, body: Uint8Array | string, options?: PutOptions): Promise<void>;
  /** Durable. Takes at most `limitBytes`; over that it throws `payload-too-large` and leaves nothing. */
  putStream(
    key: string,
    body: Readable,
    options?: { limitBytes?: number; signal?: AbortSignal },
  ): Promise<StreamedObject>;
  /** Durable. The file at `path` moves into the store, or is copied where it cannot move. */
  putFile(key: string, path: string): Promise<void>;
  get(key: string): Promise<Buffer>;
  stat(key: string): Promise<StoredState | undefined>;
  /** Fails on the stream, not in the call, when the object is missing. */
  read(key: string, range?: ByteRange): Readable;
  localCopy(key: string): Promise<LocalCopy>;
  /** Keys below `prefix` (a whole path part), in no order. */
  list(prefix: string): AsyncIterable<string>;
  /**
   * The names directly below `prefix`, each once, in no order: of objects, and of what has objects below it, finished
   * or not.
   */
  names(prefix: string): AsyncIterable<string>;
  /** The puts below `prefix` that have begun, of any process, in no order. Small ones may not show. */
  unfinished(prefix: string): AsyncIterable<Unfinished>;
  /** Of what is not there is not an error. */
  delete(key: string): Promise<void>;
  deletePrefix(prefix: string): Promise<void>;
}

export class ObjectNotFound extends Error {
  override readonly name = "ObjectNotFound";
  readonly key: string;
  constructor(key: string) {
    super(`There is no object ${key}.`);
    this.key = key;
  }
}

const KEY = /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/;

/** File systems take names of 255 bytes, of which a store may need some for itself. */
const LONGEST_PART = 200;

/** Refuses what could leave the store's folder. */
export function checkKey(key: string): string {
  if (!KEY.test(key) || key.split("/").some((part) => part === "." || part === "..")) {
    throw new TypeError(`Not an object key: ${JSON.stringify(bounded(key, BOUNDS.name))}`);
  }
  return key;
}

/** Refuses, besides, what no store may hold: whoever makes names sees to it that they fit. */
export function checkNewKey(key: string): string {
  if (
    checkKey(key)
      .split("/")
      .every((part) => part.length <= LONGEST_PART)
  ) {
    return key;
  }
  throw new TypeError(
    `A part of the object key ${bounded(key, BOUNDS.name)} is longer than ${LONGEST_PART} characters.`,
  );
}
