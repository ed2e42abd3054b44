import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type DocumentedCommand, documentedCommands } from "./documented-commands.ts";

/** Every document whose commands are checked. */
export function documentPaths(root: string): string[] {
  return ["README.md", ...globSync("docs/**/*.md", { cwd: root }).sort(), "training/README.md"];
}

/** Every command of the documents, in their order. One that stands in several belongs to the first. */
export function allCommands(root: string): DocumentedCommand[] {
  const found = new Map<string, DocumentedCommand>();
  for (const document of documentPaths(root)) {
    for (const command of documentedCommands(
      document,
      readFileSync(join(root, document), "utf8"),
    )) {
      if (!found.has(command.text)) found.set(command.text, command);
    }
  }
  return [...found.values()];
}
