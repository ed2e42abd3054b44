const LONGEST_NAME = 200;

/** The name of a file as a client gave it, without folders and control characters; it is shown and never opened. */
export function displayName(given: string | undefined, fallback: string): string {
  const last = (given ?? "").split(/[/\\]/).at(-1)!;
  const clean = last.replace(/\p{Cc}|\p{Cf}|\p{Cs}/gu, "").trim();
  return clean === "" ? fallback : clean.slice(0, LONGEST_NAME).toWellFormed();
}

/** The last part of a URL's path, which holds neither credentials nor the query; else its host. */
export function urlSourceName(url: string): string {
  const { pathname, hostname } = new URL(url);
  const last = pathname.split("/").findLast((part) => part !== "") ?? "";
  return displayName(decoded(last), hostname);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
