export { createFolderStore } from "./folder-store.ts";
export * from "./object-store.ts";
