/** Where the API answers, which is told to users as it is. */
const API = /^\/(?:v1|admin|runbooks|healthz)\//;
/** An absolute path of two parts or more, not in the middle of a word or of a web address. */
const PATH =
  /(?<![\w/.~{}-])(?!(?<=:)\/\/[^/])(?:file:)?\/{1,3}(?:[^\s/'"`:;,()[\]<>]+\/)+[^\s/'"`:;,()[\]<>]*/g;

/**
 * A text for users of what went wrong here: of a file on this machine only its name is told. Where stores, temporary files
 * and data lie is nobody's business, and helps nobody who reads it elsewhere.
 */
export function withoutFolders(text: string): string {
  return text.replaceAll(PATH, (path) =>
    API.test(path) ? path : (path.split("/").findLast((part) => part !== "") ?? path),
  );
}
