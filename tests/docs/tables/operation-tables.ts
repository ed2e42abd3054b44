import { operationList, PROBLEMS } from "@framequeue/contracts";
import { table } from "./markdown.ts";

/** The tables of the HTTP API in the documents, made from its declarations; by the name of their place. */
export const OPERATION_TABLES: Readonly<Record<string, () => string>> = {
  operations: () =>
    table(
      ["operation", "what it does", "answers"],
      operationList().map(([, { method, path, summary, answers }]) => [
        `\`${method} ${path}\``,
        summary,
        Object.keys(answers).join(", "),
      ]),
    ),
  problems: () =>
    table(
      ["code", "status", "meaning"],
      Object.entries(PROBLEMS).map(([code, { status, title }]) => [
        `\`${code}\``,
        String(status),
        title,
      ]),
    ),
};
