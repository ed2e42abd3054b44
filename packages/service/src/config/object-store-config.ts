import { join } from "node:path";
import { z } from "zod";
import { ConfigError, type Environment } from "./config-error.ts";
import { readConfig } from "./config.ts";
import {
  choiceSetting,
  flagSetting,
  integerSetting,
  optionalPathSetting,
  pathSetting,
  textSetting,
} from "./settings.ts";

/** Where sources and results are: the part of the environment that commands read, too. */
export const objectStoreConfig = {
  FQ_DATA_DIR: pathSetting("./data"),
  FQ_OBJECT_STORE: choiceSetting(["folder", "s3"], "folder"),
  FQ_OBJECTS_DIR: optionalPathSetting(),
  FQ_S3_BUCKET: textSetting({
    pattern: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    form: "the name of a bucket",
    default: "",
  }),
  FQ_S3_PREFIX: textSetting({
    pattern: /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/,
    form: "letters, digits, dots, dashes and underscores with slashes between",
    default: "",
  }),
  /** Of another server than Amazon's. */
  FQ_S3_ENDPOINT: textSetting({
    pattern: /^https?:\/\/[^\s/]+\/?$/,
    form: "a URL such as http://s3:8333",
    default: "",
  }),
  FQ_S3_REGION: textSetting({ pattern: /^[a-z0-9-]+$/, form: "a region", default: "" }),
  FQ_S3_PATH_STYLE: choiceSetting(["auto", "true", "false"], "auto"),
  FQ_S3_CHECKSUMS: choiceSetting(["auto", "supported", "required"], "auto"),
  FQ_S3_CREATE_BUCKET: flagSetting(false),
  /** Bytes of local copies that a process keeps for the next use. */
  FQ_S3_COPIES_BYTES: integerSetting({ min: 0, default: 4 * 2 ** 30 }),
} as const;

export interface ObjectStoreConfig {
  readonly objectStore: "folder" | "s3";
  /** Absolute. */
  readonly objectsDir: string;
  /** Where the store is `s3`. Credentials are not among them: they come from the usual places of the SDK. */
  readonly s3?: {
    readonly bucket: string;
    readonly prefix: string;
    readonly endpoint?: string;
    readonly region?: string;
    readonly pathStyle: boolean;
    readonly checksums: "supported" | "required";
    readonly createBucket: boolean;
    readonly keepCopiesBytes: number;
  };
}

const schema = z.object(objectStoreConfig);

/** @throws ConfigError where settings that are right alone do not go together */
export function objectStoreSettings(env: z.output<typeof schema>): ObjectStoreConfig {
  const objectsDir = env.FQ_OBJECTS_DIR ?? join(env.FQ_DATA_DIR, "objects");
  if (env.FQ_OBJECT_STORE === "folder") return { objectStore: "folder", objectsDir };
  if (env.FQ_S3_BUCKET === "") {
    throw new ConfigError(["FQ_S3_BUCKET: must name a bucket, because FQ_OBJECT_STORE is s3"]);
  }
  const endpoint = env.FQ_S3_ENDPOINT.replace(/\/$/, "");
  const foreign = endpoint !== "";
  const region = env.FQ_S3_REGION || (foreign ? "us-east-1" : "");
  return {
    objectStore: "s3",
    objectsDir,
    s3: {
      bucket: env.FQ_S3_BUCKET,
      prefix: env.FQ_S3_PREFIX,
      ...(foreign ? { endpoint } : {}),
      ...(region === "" ? {} : { region }),
      // What other servers than Amazon's want, unless told otherwise.
      pathStyle: env.FQ_S3_PATH_STYLE === "auto" ? foreign : env.FQ_S3_PATH_STYLE === "true",
      checksums:
        env.FQ_S3_CHECKSUMS === "auto" ? (foreign ? "required" : "supported") : env.FQ_S3_CHECKSUMS,
      createBucket: env.FQ_S3_CREATE_BUCKET,
      keepCopiesBytes: env.FQ_S3_COPIES_BYTES,
    },
  };
}

/** The same for commands that have no other configuration. Throws `ConfigError`. */
export function readObjectStoreConfig(env: Environment): ObjectStoreConfig {
  return objectStoreSettings(readConfig(schema, env));
}
