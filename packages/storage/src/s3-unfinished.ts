import type {
  ListMultipartUploadsCommandOutput,
  ListPartsCommandOutput,
  MultipartUpload,
} from "@aws-sdk/client-s3";
import type { Unfinished } from "./object-store.ts";
import type { S3Connection } from "./s3-connection.ts";

/**
 * Uploads in parts below a prefix of the bucket that were begun and neither finished nor aborted, by any process. None
 * where the server does not list them, or not to us: then a lifecycle rule of the bucket is what clears them away.
 */
export async function* partUploads(
  { sdk, client }: S3Connection,
  bucket: string,
  prefix: string,
): AsyncGenerator<Required<Pick<MultipartUpload, "Key" | "UploadId">>> {
  let marker: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
  for (;;) {
    const page: ListMultipartUploadsCommandOutput | undefined = await client
      .send(new sdk.ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...marker }))
      .catch(orNothing);
    for (const { Key, UploadId } of page?.Uploads ?? []) {
      if (Key?.startsWith(prefix) && UploadId) yield { Key, UploadId };
    }
    if (page?.IsTruncated !== true || !page.NextKeyMarker) return;
    marker = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
  }
}

/** The same as what a store knows of a put that is not finished. */
export async function* unfinishedUploads(
  s3: S3Connection,
  bucket: string,
  prefix: string,
): AsyncGenerator<Unfinished> {
  const { sdk, client } = s3;
  for await (const { Key, UploadId } of partUploads(s3, bucket, prefix)) {
    const upload = { Bucket: bucket, Key, UploadId };
    const state = await partsOf(s3, upload).catch(orNothing);
    if (state === undefined) continue; // finished meanwhile
    yield {
      name: `${Key.slice(prefix.length)} ${UploadId}`,
      state,
      discard: async () => {
        await client.send(new sdk.AbortMultipartUploadCommand(upload)).catch(orNothing);
      },
    };
  }
}

async function partsOf(
  { sdk, client }: S3Connection,
  upload: { Bucket: string; Key: string; UploadId: string },
): Promise<string> {
  let [parts, bytes] = [0, 0];
  let marker: string | undefined;
  for (;;) {
    const page: ListPartsCommandOutput = await client.send(
      new sdk.ListPartsCommand({ ...upload, ...(marker && { PartNumberMarker: marker }) }),
    );
    for (const { Size } of page.Parts ?? []) {
      parts++;
      bytes += Size ?? 0;
    }
    // Some servers name a next page after the last.
    if (page.IsTruncated !== true || !page.NextPartNumberMarker) return `${parts} ${bytes}`;
    marker = page.NextPartNumberMarker;
  }
}

/** Passes over what the server says no to, or does not know; not over a server that is away or in trouble. */
function orNothing(error: unknown): undefined {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  if ((status >= 400 && status < 500) || status === 501) return undefined;
  throw error;
}
