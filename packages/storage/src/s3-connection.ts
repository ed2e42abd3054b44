import type * as Sdk from "@aws-sdk/client-s3";
import type { Upload } from "@aws-sdk/lib-storage";

/** Where the bucket is, and how the server that has it wants to be spoken to. */
export interface S3Settings {
  readonly bucket: string;
  /** Put before every key, with a slash between; empty for none. */
  readonly prefix: string;
  /** Of another server than Amazon's, such as `http://s3:8333`. */
  readonly endpoint?: string;
  /** Where nothing says so, the usual places of the SDK do, and for another server than Amazon's `us-east-1`. */
  readonly region?: string;
  /** The bucket in the path and not in the host name, as most servers other than Amazon's want it. */
  readonly pathStyle: boolean;
  /**
   * Checksums in requests and answers: wherever the protocol has them, or only where it demands them. Many servers
   * other than Amazon's refuse what they do not know, and some store it as if it were content.
   */
  readonly checksums: "supported" | "required";
  /** Bytes of local copies that are kept after their use, for the next one. */
  readonly keepCopiesBytes: number;
  /** Keys in one answer of a listing; 1000 by default, which is the most that S3 gives. */
  readonly keysPerPage?: number;
  /** Default: the usual places of the SDK: environment, shared files, web identity, the machine's role. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The SDK and a client. */
export interface S3Connection {
  readonly sdk: typeof Sdk;
  readonly upload: typeof Upload;
  readonly client: Sdk.S3Client;
}

const CONNECT_MS = 5_000;
/** Silence after which a server counts as gone. */
const SILENCE_MS = 30_000;
const ATTEMPTS = 5;
const SOCKETS = 64;

/** Loads the SDK, 30 MB of memory which a service over a folder does without, and makes a client of it. */
export async function connectS3(settings: S3Settings): Promise<S3Connection> {
  const [sdk, storage] = await Promise.all([
    import("@aws-sdk/client-s3"),
    import("@aws-sdk/lib-storage"),
  ]);
  const { endpoint, region, credentials } = settings;
  const checksums = settings.checksums === "supported" ? "WHEN_SUPPORTED" : "WHEN_REQUIRED";
  const client = new sdk.S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
    forcePathStyle: settings.pathStyle,
    requestChecksumCalculation: checksums,
    responseChecksumValidation: checksums,
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      httpAgent: { maxSockets: SOCKETS },
      httpsAgent: { maxSockets: SOCKETS },
    },
  });
  return { sdk, upload: storage.Upload, client };
}
