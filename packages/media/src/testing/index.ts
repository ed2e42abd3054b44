export * from "./claiming-files.ts";
