import { resolve } from "node:path";
import { z } from "zod";

/**
 * Readers of single environment variables for the schemas of `readConfig`. Faults say what would be right; a text
 * that may hold a secret is not repeated.
 */

type Reading<T> = { readonly value: T } | { readonly fault: string };

function setting<T>(parse: (text: string) => Reading<NoInfer<T>>, fallback: T) {
  return z
    .string()
    .optional()
    .transform((text, context): T => {
      if (text === undefined) return fallback;
      const result = parse(text.trim());
      if ("value" in result) return result.value;
      context.addIssue({ code: "custom", message: result.fault });
      return z.NEVER;
    });
}

/** A whole number, both limits included. */
export function integerSetting(options: { min: number; max?: number; default: number }) {
  const { min, max = Number.MAX_SAFE_INTEGER } = options;
  const range =
    options.max === undefined
      ? `a whole number of at least ${min}`
      : `a whole number from ${min} to ${max}`;
  return setting((text) => {
    const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max
      ? { value }
      : { fault: `must be ${range}, but is ${JSON.stringify(text)}` };
  }, options.default);
}

/** A number, both limits included. */
export function numberSetting(options: { min: number; max: number; default: number }) {
  const { min, max } = options;
  return setting((text) => {
    const value = Number(text);
    return value >= min && value <= max
      ? { value }
      : { fault: `must be a number from ${min} to ${max}, but is ${JSON.stringify(text)}` };
  }, options.default);
}

/** One of a few words. */
export function choiceSetting<const T extends string>(choices: readonly T[], fallback: NoInfer<T>) {
  return setting<T>((text) => {
    const value = choices.find((choice) => choice === text);
    return value === undefined
      ? { fault: `must be one of ${choices.join(", ")}, but is ${JSON.stringify(text)}` }
      : { value };
  }, fallback);
}

export function flagSetting(fallback: boolean) {
  return setting((text) => {
    if (["true", "1", "yes", "on"].includes(text.toLowerCase())) return { value: true };
    if (["false", "0", "no", "off"].includes(text.toLowerCase())) return { value: false };
    return { fault: `must be true or false, but is ${JSON.stringify(text)}` };
  }, fallback);
}

/** A text of a given form; `form` says it in words. */
export function textSetting(options: { pattern: RegExp; form: string; default: string }) {
  return setting(
    (text) =>
      options.pattern.test(text)
        ? { value: text }
        : { fault: `must be ${options.form}, but is ${JSON.stringify(text)}` },
    options.default,
  );
}

/** Texts with commas or line ends between them. Not repeated in faults: the list may hold keys. */
export function listSetting() {
  return setting<readonly string[]>(
    (text) => ({
      value: text
        .split(/[,\n]/)
        .map((part) => part.trim())
        .filter((part) => part !== ""),
    }),
    [],
  );
}

/** A path, made absolute against the working folder. */
export function pathSetting(fallback: string) {
  return setting((text) => ({ value: resolve(text) }), resolve(fallback));
}

/** The same without a default of its own. */
export function optionalPathSetting() {
  return setting<string | undefined>((text) => ({ value: resolve(text) }), undefined);
}

const REDIS_URLS = "redis://host:6379, rediss://host:6379 or unix:///path";

/** `redis://`, `rediss://` (TLS) or `unix://` (socket). Not repeated in faults: it may hold a password. */
export function redisUrlSetting(fallback: string) {
  return setting(
    (text) =>
      isRedisUrl(text) ? { value: text } : { fault: `must be a URL such as ${REDIS_URLS}` },
    fallback,
  );
}

/** Several of them with commas or line ends between; which one is wrong is told by its place in the list. */
export function redisUrlListSetting() {
  return setting<readonly string[]>((text) => {
    const urls = text
      .split(/[,\n]/)
      .map((url) => url.trim())
      .filter((url) => url !== "");
    const wrong = urls.findIndex((url) => !isRedisUrl(url));
    return wrong === -1
      ? { value: urls }
      : {
          fault: `must be URLs such as ${REDIS_URLS} with commas between, but number ${wrong + 1} is none`,
        };
  }, []);
}

/** What is too short to be a secret, such as a text that stands in the place of one, is refused. Not repeated in faults. */
export function passwordSetting() {
  return setting<string | undefined>(
    (text) =>
      text.length >= LEAST_PASSWORD_LENGTH
        ? { value: text }
        : { fault: `must have at least ${LEAST_PASSWORD_LENGTH} characters` },
    undefined,
  );
}

const LEAST_PASSWORD_LENGTH = 16;

function isRedisUrl(text: string): boolean {
  return /^(rediss?:\/\/.|unix:\/\/\/.)/.test(text) && URL.canParse(text);
}
