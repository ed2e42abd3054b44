import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ProblemError } from "@framequeue/contracts";
import { createByteMeter } from "./byte-meter.ts";
import { createLocalCopies } from "./local-copies.ts";
import {
  type ByteRange,
  checkKey,
  checkNewKey,
  ObjectNotFound,
  type ObjectStore,
  type Unfinished,
} from "./object-store.ts";
import { connectS3, type S3Connection, type S3Settings } from "./s3-connection.ts";
import { isAnswer, isMissing, storeProblem } from "./s3-errors.ts";
import { partUploads, unfinishedUploads } from "./s3-unfinished.ts";

/** Of an upload in parts: 10,000 parts, which is S3's limit, of this size are 80 GB. One part is in memory twice. */
const PART_BYTES = 8 * 2 ** 20;
const PARTS_AT_ONCE = 2;
const DELETES_AT_ONCE = 16;
/** How often a read goes on where it broke off without a byte in between. */
const READ_ATTEMPTS = 4;

export interface S3Store extends ObjectStore, AsyncDisposable {
  /** Makes the bucket where it is missing and may be made. For development; elsewhere it is somebody's decision. */
  makeBucket(): Promise<void>;
}

/**
 * An object store in a bucket of Amazon S3 or of a server that speaks its protocol. Every put is durable, and an object
 * appears whole or not at all, because that is how S3 works. It needs the rights to get, put, delete and list objects
 * (without the last a missing object looks like a forbidden one), and to abort uploads in parts.
 */
export function createS3Store(settings: S3Settings): S3Store {
  const { bucket } = settings;
  const root = settings.prefix === "" ? "" : `${checkKey(settings.prefix)}/`;
  const nameOf = (key: string): string => root + checkKey(key);
  const copies = createLocalCopies(settings.keepCopiesBytes);
  let connected: Promise<S3Connection> | undefined;
  const connect = (): Promise<S3Connection> => (connected ??= connectS3(settings));

  /** Runs one exchange with the store; its faults come out as what they mean. */
  async function ask<T>(exchange: (s3: S3Connection) => Promise<T>): Promise<T> {
    const s3 = await connect();
    try {
      return await exchange(s3);
    } catch (error) {
      throw storeProblem(error);
    }
  }

  /** Undefined when there is no such object. */
  async function head(key: string): Promise<{ bytes: number; version: string } | undefined> {
    const name = nameOf(key);
    return ask(async ({ sdk, client }) => {
      try {
        const found = await client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: name }));
        const bytes = found.ContentLength ?? 0;
        return { bytes, version: `${found.ETag} ${bytes}` };
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    });
  }

  /** The content in pieces. A connection that breaks is taken up where it broke, unless the object has changed. */
  async function* pieces(key: string, range?: ByteRange): AsyncGenerator<Uint8Array> {
    const s3 = await connect();
    const name = nameOf(key);
    let at = range?.start ?? 0;
    let end = range?.end ?? Number.POSITIVE_INFINITY;
    let version: string | undefined;
    for (let failures = 0; at <= end;) {
      try {
        const resumed = version !== undefined;
        const answer = await s3.client.send(
          new s3.sdk.GetObjectCommand({
            Bucket: bucket,
            Key: name,
            ...(range !== undefined || resumed ? { Range: `bytes=${at}-${range?.end ?? ""}` } : {}),
            ...(resumed ? { IfMatch: version! } : {}),
          }),
        );
        version ??= answer.ETag;
        if (!resumed && range === undefined) end = (answer.ContentLength ?? 0) - 1;
        for await (const piece of answer.Body as Readable) {
          const bytes = piece as Buffer;
          at += bytes.length;
          failures = 0;
          yield bytes;
        }
        return;
      } catch (error) {
        if (isMissing(error)) throw new ObjectNotFound(key);
        // What the server said, the SDK has tried again already; what broke off after its answer, it has not.
        const broken = version !== undefined && !isAnswer(error);
        if (!broken || ++failures === READ_ATTEMPTS) throw storeProblem(error);
      }
    }
  }

  async function send(key: string, body: Readable, signal?: AbortSignal): Promise<void> {
    const name = nameOf(checkNewKey(key));
    signal?.throwIfAborted();
    await ask(async ({ upload: Upload, client }) => {
      const upload = new Upload({
        client,
        params: { Bucket: bucket, Key: name, Body: body },
        partSize: PART_BYTES,
        queueSize: PARTS_AT_ONCE,
      });
      await upload.done();
    });
  }

  const within = (prefix: string): string => (prefix === "" ? root : `${nameOf(prefix)}/`);

  /** What the bucket has below `start`, by pages; with a delimiter only what lies directly below. */
  async function* pages(start: string, delimiter?: string) {
    let next: string | undefined;
    do {
      const page = await ask(({ sdk, client }) =>
        client.send(
          new sdk.ListObjectsV2Command({
            Bucket: bucket,
            Prefix: start,
            ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
            MaxKeys: settings.keysPerPage ?? 1_000,
            ...(next === undefined ? {} : { ContinuationToken: next }),
          }),
        ),
      );
      yield page;
      next = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (next !== undefined);
  }

  async function* list(prefix: string): AsyncGenerator<string> {
    for await (const { Contents } of pages(within(prefix))) {
      for (const { Key } of Contents ?? []) yield Key!.slice(root.length);
    }
  }

  async function* names(prefix: string): AsyncGenerator<string> {
    const start = within(prefix);
    const begun = new Set<string>();
    for await (const { Key } of partUploads(await connect(), bucket, start)) {
      const [first, ...below] = Key.slice(start.length).split("/");
      if (below.length > 0) begun.add(first!);
    }
    for await (const { Contents, CommonPrefixes } of pages(start, "/")) {
      for (const { Key } of Contents ?? []) yield Key!.slice(start.length);
      for (const { Prefix } of CommonPrefixes ?? []) {
        const name = Prefix!.slice(start.length, -1);
        begun.delete(name);
        yield name;
      }
    }
    yield* begun;
  }

  async function* unfinished(prefix: string): AsyncGenerator<Unfinished> {
    const s3 = await connect();
    try {
      yield* unfinishedUploads(s3, bucket, within(prefix));
    } catch (error) {
      throw storeProblem(error);
    }
  }

  async function remove(key: string): Promise<void> {
    const name = nameOf(key);
    await ask(async ({ sdk, client }) => {
      try {
        await client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: name }));
      } catch (error) {
        // Amazon takes it for done; some other servers complain.
        if (!isMissing(error)) throw error;
      }
    });
  }

  return {
    async put(key, body) {
      const name = nameOf(checkNewKey(key));
      await ask(({ sdk, client }) =>
        client.send(new sdk.PutObjectCommand({ Bucket: bucket, Key: name, Body: body })),
      );
    },

    async putStream(key, body, options = {}) {
      const meter = createByteMeter(options.limitBytes);
      const { signal } = options;
      const metered = pipeline(body, meter.stream, ...(signal ? [{ signal }] : []));
      // Either fails when the other does: the upload because its body breaks, the body because nobody reads it.
      const sent = send(key, meter.stream, signal).catch((error: unknown) => {
        meter.stream.destroy(error instanceof Error ? error : undefined);
        throw error;
      });
      const [reading, sending] = await Promise.allSettled([metered, sent]);
      if (reading.status === "rejected") throw storeOr(sending, reading.reason);
      if (sending.status === "rejected") throw sending.reason;
      return meter.total();
    },

    async putFile(key, path) {
      await send(key, createReadStream(path, { highWaterMark: 1 << 20 }));
      await rm(path, { force: true });
    },

    async get(key) {
      return Buffer.concat(await Array.fromAsync(pieces(key)));
    },

    stat: head,

    read: (key, range) => Readable.from(pieces(key, range), { objectMode: false }),

    async localCopy(key) {
      const found = await head(key);
      if (found === undefined) throw new ObjectNotFound(key);
      return copies.borrow(key, found.version, () => Readable.from(pieces(key)));
    },

    list,
    names,
    unfinished,
    delete: remove,

    async deletePrefix(prefix) {
      let batch: string[] = [];
      for await (const key of list(prefix)) {
        batch.push(key);
        if (batch.length < DELETES_AT_ONCE) continue;
        await Promise.all(batch.map(remove));
        batch = [];
      }
      // In a folder the prefix itself may be a file, and goes with the rest.
      await Promise.all([...batch, prefix].map(remove));
    },

    async makeBucket() {
      await ask(async ({ sdk, client }) => {
        try {
          await client.send(new sdk.HeadBucketCommand({ Bucket: bucket }));
        } catch (error) {
          const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata;
          if (status?.httpStatusCode !== 404) return;
          await client.send(new sdk.CreateBucketCommand({ Bucket: bucket }));
        }
      });
    },

    async [Symbol.asyncDispose]() {
      await copies[Symbol.asyncDispose]();
      (await connected?.catch(() => undefined))?.client.destroy();
    },
  };
}

/** The store's own complaint where it has one, since that is why the body could not go on. */
function storeOr(sending: PromiseSettledResult<void>, reading: unknown): unknown {
  const problem = sending.status === "rejected" ? (sending.reason as unknown) : undefined;
  const ofStore =
    problem instanceof ProblemError &&
    (problem.code === "store-full" ||
      (problem.code === "store-unavailable" && isAnswer(problem.cause)));
  return ofStore ? problem : reading;
}
