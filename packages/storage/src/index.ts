export { hashFile } from "./file-hash.ts";
export { createFolderStore } from "./folder-store.ts";
export * from "./object-store.ts";
export * from "./open-store.ts";
export * from "./verified.ts";
export type { S3Settings } from "./s3-connection.ts";
export { createS3Store, type S3Store } from "./s3-store.ts";
