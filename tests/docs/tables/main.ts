import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { documents, ROOT } from "./documents.ts";

// Writes the tables that are made from the code into the documents: `npm run write:docs`.
for (const { path, text, made } of await documents()) {
  if (made === text) continue;
  writeFileSync(join(ROOT, path), made);
  console.log(path);
}
