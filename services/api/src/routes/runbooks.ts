import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ProblemError } from "@framequeue/contracts";
import type { Request, Response } from "express";

/** Alerts link here: what to look at and what to do, as the documentation has it. */
const FOLDER = resolve(import.meta.dirname, "../../../../docs/runbooks");

/** `GET /runbooks`: the runbooks and the alerts that they are for. */
export async function listRunbooks(_request: Request, response: Response): Promise<void> {
  response.type("text/plain; charset=utf-8").send(await readFile(join(FOLDER, "README.md")));
}

/** `GET /runbooks/{name}`: one of them, as text. Without a key, as it holds nothing of the site's. */
export async function getRunbook(request: Request, response: Response): Promise<void> {
  const name = String(request.params["name"]);
  const names = (await readdir(FOLDER)).map((file) => file.replace(/\.md$/, ""));
  if (!names.includes(name)) {
    throw new ProblemError("not-found", "There is no such runbook; GET /runbooks lists them.", {
      at: "name",
    });
  }
  response.type("text/plain; charset=utf-8").send(await readFile(join(FOLDER, `${name}.md`)));
}
