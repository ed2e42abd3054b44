import { createFolderStore } from "./folder-store.ts";
import type { ObjectStore } from "./object-store.ts";
import { makePrivateFolder } from "./private-folder.ts";
import type { S3Settings } from "./s3-connection.ts";
import { createS3Store } from "./s3-store.ts";

/** Which object store a site has. */
export interface ObjectStoreSettings {
  readonly objectStore: "folder" | "s3";
  /** Where it is `folder`. */
  readonly objectsDir: string;
  /** Where it is `s3`. */
  readonly s3?: S3Settings & { readonly createBucket: boolean };
}

export interface OpenObjectStore extends ObjectStore, AsyncDisposable {
  /** Makes what the store lies in where it is missing and may be made: a folder, a bucket. Nobody but its user and group sees into a folder then. */
  prepare(): Promise<void>;
}

/** The object store that a configuration names. It does not look whether it is there. */
export function openObjectStore(settings: ObjectStoreSettings): OpenObjectStore {
  if (settings.objectStore === "folder") {
    return {
      ...createFolderStore(settings.objectsDir),
      prepare: () => makePrivateFolder(settings.objectsDir),
      [Symbol.asyncDispose]: async () => {},
    };
  }
  const { s3 } = settings;
  if (s3 === undefined) throw new TypeError("There are no settings for S3.");
  const store = createS3Store(s3);
  return { ...store, prepare: async () => (s3.createBucket ? store.makeBucket() : undefined) };
}
