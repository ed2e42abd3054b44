import type { ProblemCode } from "../problems.ts";
import { JOB_OPERATIONS } from "./jobs.ts";
import { MODEL_OPERATIONS } from "./models.ts";
import type { Operation } from "./operation.ts";
import { RESULT_OPERATIONS } from "./results.ts";
import { SERVICE_OPERATIONS } from "./service.ts";

/** Every HTTP operation, by what it is about and by its id. The API serves these and no others. */
export const OPERATION_GROUPS = {
  jobs: JOB_OPERATIONS,
  results: RESULT_OPERATIONS,
  models: MODEL_OPERATIONS,
  service: SERVICE_OPERATIONS,
} as const satisfies Record<string, Readonly<Record<string, Operation>>>;

export const OPERATIONS = {
  ...OPERATION_GROUPS.jobs,
  ...OPERATION_GROUPS.results,
  ...OPERATION_GROUPS.models,
  ...OPERATION_GROUPS.service,
} as const;

export type Operations = typeof OPERATIONS;
export type OperationId = keyof Operations;

/** Id and operation of each, in the order of the table. */
export const operationList = (): [OperationId, Operation][] =>
  Object.entries(OPERATIONS) as [OperationId, Operation][];

/** Every problem that the operation may answer, but for `internal`: a fault of ours may show anywhere. */
export function problemsOf(operation: Operation): ProblemCode[] {
  const { body, params = {}, query, scope, problems } = operation;
  const found: ProblemCode[] = [
    "invalid-request", // of a path that is not well formed, too
    "unauthorized", // a server without keys answers its own machine only, whatever is asked
    // asked before anything that needs it
    ...(scope === "open" ? [] : (["queue-unavailable"] as const)),
    ...Object.values(params).map(({ absent }) => absent),
    ...(query === undefined ? [] : (["unknown-option"] as const)),
    ...(body === undefined
      ? []
      : (["unsupported-media-type", "unknown-option", "payload-too-large"] as const)),
    ...(takesJson(body) ? (["invalid-json"] as const) : []),
    ...(body?.form === undefined ? [] : [body.form.empty]),
    ...problems,
  ];
  return [...new Set(found)].sort();
}

function takesJson(body: Operation["body"]): boolean {
  const fields = Object.values(body?.form?.fields ?? {});
  return body?.json !== undefined || fields.some((field) => field.json);
}
