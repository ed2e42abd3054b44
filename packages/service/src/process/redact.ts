// The scheme's length is bounded, and each scan ends where the next one begins, so that any text takes linear time.
const CREDENTIALS = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#"'`<>\\]*@/gi;
const WHOLE = /\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s"'`<>\\]*/gi;

/** Hides user, password and query (signed URLs carry their secret there) of every URL in a text. */
export function redactUrl(text: string): string {
  if (!text.includes("://")) return text;
  return text.replace(CREDENTIALS, "$1***@").replace(WHOLE, (url) => {
    const end = url.search(/[?#]/);
    return end === -1 ? url : `${url.slice(0, end)}?***`;
  });
}
