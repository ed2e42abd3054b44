export * from "./left-behind.ts";
