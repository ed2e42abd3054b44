export { hashFile } from "./file-hash.ts";
export { createFolderStore } from "./folder-store.ts";
export * from "./object-store.ts";
