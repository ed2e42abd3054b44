import { isDeepStrictEqual } from "node:util";
import type { JobView, Problem } from "@framequeue/contracts";
import { isOfKind, type ObjectKind } from "./kinds.ts";
import type { Cell } from "./matrix.ts";
import { openMatrixSite, type MatrixSite } from "./matrix-site.ts";
import { type Strike, STRIKES } from "./strikes.ts";

const HONEST: ReadonlySet<string> = new Set(["model-damaged", "model-not-found"]);

/**
 * Strikes an object of a model that no process has loaded yet, on a site of its own, and asks for a job by the model's
 * name: it is right, or refused or failed with a word, and right when the model was registered again.
 */
export async function playModelCell(kind: ObjectKind, strike: Strike): Promise<Cell> {
  const cell = { kind: kind.name, strike, moment: "ended" } as const;
  try {
    await using at = await openMatrixSite();
    return { ...cell, outcome: await play(at, kind, strike), isFault: false };
  } catch (error) {
    return { ...cell, outcome: String(error), isFault: true };
  }
}

async function play(at: MatrixSite, kind: ObjectKind, strike: Strike): Promise<string> {
  const { sha256, name } = at.model;
  for await (const key of at.objects.list("")) {
    const isIts = key.includes(sha256) || key === `aliases/${name}.json`;
    if (isIts && isOfKind(kind, key, "")) await STRIKES[strike](at.pathOf(key));
  }
  const shown = await Promise.all(["/v1/models", `/v1/models/${name}`].map((path) => at.ask(path)));
  if (shown[0]!.status !== 200) throw new Error("The list of models fails.");
  const said = await submitByName(at);
  await at.storeAgain();
  await at.serve();
  const after = await submitByName(at);
  if (typeof after === "string") throw new Error(`Registered again, it says ${after}.`);
  if (typeof said === "string") {
    if (!HONEST.has(said)) throw new Error(`It says ${said}.`);
    return `${said}; right after: register again`;
  }
  if (!isDeepStrictEqual(said, after)) throw new Error("Two results.");
  return "right";
}

/** The hashes of a job by the model's name, or the code of why there is none. */
async function submitByName(at: MatrixSite): Promise<Record<string, string> | string> {
  const { status, body } = await at.ask("/v1/jobs", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ source: { path: at.video }, model: at.model.name, render: false }),
  });
  if (status !== 202) return (body as Problem).code;
  const { id } = body as JobView;
  const { problem } = await at.until(id, at.hasEnded);
  return problem === undefined ? at.served(id) : problem.code;
}
