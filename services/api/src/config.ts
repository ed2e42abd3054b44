import { resolve } from "node:path";
import {
  CLIENT_BOUNDS,
  commonConfig,
  commonSettings,
  type Environment,
  integerSetting,
  listSetting,
  readConfig,
  textSetting,
} from "@framequeue/service";
import { z } from "zod";

const LEAST_KEY_LENGTH = 16;

const schema = z
  .object({
    ...commonConfig,
    FQ_API_HOST: textSetting({
      pattern: /^[0-9A-Za-z.:-]+$/,
      form: "a host name or an address",
      default: "127.0.0.1",
    }),
    /** 0 is any free port. */
    FQ_API_PORT: integerSetting({ min: 0, max: 65_535, default: 8080 }),
    /** Where people reach the API, for links; this machine where it is not told. */
    FQ_PUBLIC_URL: textSetting({
      pattern: /^https?:\/\/[^\s/?#]+(\/[^\s?#]*)?$/,
      form: "a URL such as https://video.example.com",
      default: "",
    }),
    /** With commas between them. */
    FQ_API_KEYS: listSetting(),
    /** Open what only operators may see, with commas between them; without one there is nothing to open. */
    FQ_ADMIN_KEYS: listSetting(),
    /** Folders whose files jobs may name as `source.path`, with commas between them. */
    FQ_SOURCE_ROOTS: listSetting(),
    FQ_UPLOAD_LIMIT_BYTES: integerSetting({ min: 1, default: 20 * 2 ** 30 }),
    /** For a whole request with its body. */
    FQ_UPLOAD_TIMEOUT_MS: integerSetting({
      min: 1_000,
      max: 604_800_000,
      default: CLIENT_BOUNDS.requestMs,
    }),
    /**
     * Of a body as it comes, as the mean over a minute, and of an answer as it is taken, over ten. The least is what
     * brings a bucket a part of an upload in an hour: one to which nothing is added for two counts as abandoned.
     */
    FQ_CLIENT_LEAST_BYTES_PER_SECOND: integerSetting({
      min: 2_048,
      max: 2 ** 30,
      default: CLIENT_BOUNDS.body.bytesPerSecond,
    }),
    /** Of all clients at once. */
    FQ_API_CONNECTIONS: integerSetting({
      min: 10,
      max: 100_000,
      default: CLIENT_BOUNDS.connections,
    }),
    /** A model's file holds no more than 2 GiB. */
    FQ_MODEL_LIMIT_BYTES: integerSetting({ min: 1, max: 2 ** 31, default: 2 ** 29 }),
    /** What a process may take that opens a model and runs it once. */
    FQ_MODEL_MEMORY_BYTES: integerSetting({ min: 2 ** 28, default: 2 ** 31 }),
    /** How long that may take, and how long another upload waits for it: many proxies give up after 60 s of silence. */
    FQ_MODEL_CHECK_MS: integerSetting({ min: 1_000, max: 600_000, default: 25_000 }),
    /** Model of jobs that name none. */
    FQ_DEFAULT_MODEL: textSetting({ pattern: /^\S+$/, form: "a name", default: "yolox-nano" }),
  })
  .superRefine(({ FQ_API_HOST: host, FQ_API_KEYS, FQ_ADMIN_KEYS }, context) => {
    const fault = (name: string, message: string): void =>
      context.addIssue({ code: "custom", path: [name], message });
    if (FQ_API_KEYS.length === 0 && !isLoopback(host)) {
      fault(
        "FQ_API_KEYS",
        `must hold at least one key, because FQ_API_HOST is ${host}: without keys the API listens on 127.0.0.1 only`,
      );
    }
    for (const [name, keys] of Object.entries({ FQ_API_KEYS, FQ_ADMIN_KEYS })) {
      if (keys.every((key) => key.length >= LEAST_KEY_LENGTH && /^[\x21-\x7e]+$/.test(key)))
        continue;
      fault(name, `must hold keys of at least ${LEAST_KEY_LENGTH} visible ASCII characters each`);
    }
  })
  .transform((env) => ({
    ...commonSettings(env),
    host: env.FQ_API_HOST,
    port: env.FQ_API_PORT,
    publicUrl: env.FQ_PUBLIC_URL.replace(/\/$/, ""),
    apiKeys: env.FQ_API_KEYS,
    adminKeys: env.FQ_ADMIN_KEYS,
    sourceRoots: env.FQ_SOURCE_ROOTS.map((root) => resolve(root)),
    uploadLimitBytes: env.FQ_UPLOAD_LIMIT_BYTES,
    clients: {
      ...CLIENT_BOUNDS,
      body: { ...CLIENT_BOUNDS.body, bytesPerSecond: env.FQ_CLIENT_LEAST_BYTES_PER_SECOND },
      answer: { ...CLIENT_BOUNDS.answer, bytesPerSecond: env.FQ_CLIENT_LEAST_BYTES_PER_SECOND },
      requestMs: env.FQ_UPLOAD_TIMEOUT_MS,
      connections: env.FQ_API_CONNECTIONS,
    },
    modelLimitBytes: env.FQ_MODEL_LIMIT_BYTES,
    modelCheck: { memoryBytes: env.FQ_MODEL_MEMORY_BYTES, deadlineMs: env.FQ_MODEL_CHECK_MS },
    defaultModel: env.FQ_DEFAULT_MODEL,
  }));

export type ApiConfig = z.output<typeof schema>;

/** Environment of the API. Throws `ConfigError` with every fault. */
export function readApiConfig(env: Environment): ApiConfig {
  return readConfig(schema, env);
}

function isLoopback(host: string): boolean {
  return host.toLowerCase() === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
