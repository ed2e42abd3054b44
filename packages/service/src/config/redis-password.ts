import { ConfigError } from "./config-error.ts";

/**
 * The URL with the password, where it has none of its own.
 *
 * @param name of the setting that holds the password
 * @throws ConfigError where the URL names a socket, which has no place for it
 */
export function withRedisPassword(url: string, password: string | undefined, name: string): string {
  if (password === undefined) return url;
  const parsed = new URL(url);
  if (parsed.password !== "") return url;
  if (parsed.host === "") {
    throw new ConfigError([`${name}: must not be set beside the address of a socket (unix://)`]);
  }
  parsed.password = encodeURIComponent(password);
  return parsed.href;
}
