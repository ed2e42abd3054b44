import { isDeepStrictEqual } from "node:util";
import { type Operation, type ProblemCode, problemsOf } from "@framequeue/contracts";
import type { AnyAnswer } from "./handler.ts";

/** An answer that its operation does not declare. */
export class NotAsDeclared extends Error {
  override readonly name = "NotAsDeclared";
}

/** @throws NotAsDeclared where the status, a header or the value is another than declared, or holds more */
export function checkAnswer(id: string, { answers }: Operation, given: AnyAnswer): void {
  const declared = answers[given.status];
  if (declared === undefined) throw new NotAsDeclared(`${id} declares no ${given.status}`);
  for (const name of Object.keys(declared.headers)) {
    if (given.headers?.[name] === undefined) {
      throw new NotAsDeclared(`${id} declares ${name} with ${given.status}`);
    }
  }
  if (declared.kind !== "json") return;
  const sent: unknown = JSON.parse(JSON.stringify(given.json));
  const { data, error } = declared.schema.safeParse(sent);
  if (error !== undefined) throw new NotAsDeclared(`${id} answers ${error.message}`);
  if (!isDeepStrictEqual(data, sent)) {
    throw new NotAsDeclared(`${id} answers more than it declares: ${JSON.stringify(sent)}`);
  }
}

/** @throws NotAsDeclared where the operation declares no such problem; every one may have a fault of its own */
export function checkProblem(id: string, operation: Operation, code: ProblemCode): void {
  if (code === "internal" || problemsOf(operation).includes(code)) return;
  throw new NotAsDeclared(`${id} does not declare ${code}`);
}
