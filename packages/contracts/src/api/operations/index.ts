export { JOB_OPERATIONS } from "./jobs.ts";
export { MODEL_OPERATIONS } from "./models.ts";
export type {
  Answer,
  Body,
  EmptyAnswer,
  Form,
  FormField,
  JsonAnswer,
  Operation,
  Param,
  Scope,
  StreamAnswer,
  TextAnswer,
} from "./operation.ts";
export { type Comparison, comparisonSchema, RESULT_OPERATIONS } from "./results.ts";
export { SERVICE_OPERATIONS } from "./service.ts";
export {
  OPERATION_GROUPS,
  type OperationId,
  operationList,
  type Operations,
  OPERATIONS,
  problemsOf,
} from "./table.ts";
