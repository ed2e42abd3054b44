import { readFileSync } from "node:fs";
import { ConfigError, type Environment } from "./config-error.ts";

/** Variables that hold a secret. Each can be named with `_FILE` behind it, and is then the content of that file. */
export const SECRETS = [
  "REDIS_URL",
  "REDIS_PASSWORD",
  "FQ_FRAME_REDIS_URLS",
  "FQ_FRAME_REDIS_PASSWORD",
  "FQ_API_KEYS",
  "FQ_ADMIN_KEYS",
] as const;

/**
 * The environment with what stands in secret files: `FQ_API_KEYS_FILE=/run/secrets/api-keys` is `FQ_API_KEYS` with
 * the file's content. Other processes can read an environment, and crash reports repeat it; a file is for its reader.
 *
 * @throws ConfigError with every file that cannot be read, and every secret that is given twice
 */
export function withSecretFiles(env: Environment): Environment {
  const read: Record<string, string> = {};
  const faults: string[] = [];
  for (const name of SECRETS) {
    const path = env[`${name}_FILE`]?.trim() ?? "";
    if (path === "") continue;
    if ((env[name]?.trim() ?? "") !== "") {
      faults.push(`${name}_FILE: must not be set beside ${name}`);
      continue;
    }
    try {
      read[name] = readFileSync(path, "utf8");
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "no file";
      faults.push(`${name}_FILE: must name a file that can be read, but ${path} gives ${code}`);
      continue;
    }
    if (read[name].trim() === "") faults.push(`${name}_FILE: must not be empty, but ${path} is`);
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return { ...env, ...read };
}
