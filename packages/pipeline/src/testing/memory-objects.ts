import { Readable } from "node:stream";
import { contentName, ObjectNotFound, type ObjectStore } from "@framequeue/storage";

/** An object store for simulations: objects in a map, in the order in which they came. */
export interface MemoryObjects extends ObjectStore {
  readonly content: Map<string, Buffer>;
}

export function createMemoryObjects(): MemoryObjects {
  const content = new Map<string, Buffer>();
  const keysBelow = (prefix: string): string[] =>
    [...content.keys()].filter((key) => key.startsWith(`${prefix}/`));
  const get = async (key: string): Promise<Buffer> => {
    const body = content.get(key);
    if (body === undefined) throw new ObjectNotFound(key);
    return body;
  };
  const refuse = (what: string) => async (): Promise<never> => {
    throw new Error(`A simulation has no ${what}.`);
  };
  return {
    content,
    async put(key, body) {
      content.set(key, Buffer.from(body));
    },
    putStream: refuse("streams"),
    putFile: refuse("files"),
    localCopy: refuse("files"),
    get,
    async stat(key) {
      const body = content.get(key);
      return body && { bytes: body.length, version: contentName(body) };
    },
    read: (key) => Readable.from(content.get(key) ?? []),
    async *list(prefix) {
      yield* keysBelow(prefix);
    },
    async *names(prefix) {
      yield* new Set(keysBelow(prefix).map((key) => key.slice(prefix.length + 1).split("/")[0]!));
    },
    async *unfinished() {},
    async delete(key) {
      content.delete(key);
    },
    async deletePrefix(prefix) {
      for (const key of keysBelow(prefix)) content.delete(key);
    },
  };
}
