// Everything, for what runs on Node. What also runs in a browser is `./api` and `./results`.
export * from "./api/index.ts";
export * from "./internal/index.ts";
export * from "./results/index.ts";
