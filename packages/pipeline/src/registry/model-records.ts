import {
  type Lineage,
  lineageSchema,
  type MetricsReport,
  modelKeys,
  type ModelMetrics,
  modelMetricsSchema,
  type ModelRef,
  newToken,
  ProblemError,
} from "@framequeue/contracts";
import { getSealed, isLoss, type ObjectStore, putSealed } from "@framequeue/storage";

/** So many reports of a version are kept; more are refused, so that nobody fills the store by a loop. */
const MOST_REPORTS = 200;

/** Says where a version came from, unless that is said already. */
export async function putLineage(
  objects: ObjectStore,
  { sha256, ...of }: ModelRef,
  lineage: Omit<Lineage, "v" | "createdAt" | "of">,
): Promise<void> {
  const key = modelKeys(sha256).lineage;
  if ((await objects.stat(key)) !== undefined) return;
  const createdAt = new Date().toISOString();
  const record: Lineage = { v: 1, createdAt, ...lineage, of };
  await putSealed(objects, key, record, { durable: true });
}

/** Undefined for a version that was registered before lineage was kept, or whose record is lost. */
export async function readLineage(
  objects: ObjectStore,
  sha256: string,
): Promise<Lineage | undefined> {
  try {
    return lineageSchema.safeParse(await getSealed(objects, modelKeys(sha256).lineage)).data;
  } catch (error) {
    if (isLoss(error)) return undefined;
    throw error;
  }
}

/**
 * Adds what was measured of a version: an object of its own, so that two who report at once lose nothing.
 *
 * @throws ProblemError `invalid-request` where there are too many
 */
export async function addMetrics(
  objects: ObjectStore,
  sha256: string,
  report: MetricsReport,
): Promise<ModelMetrics> {
  const prefix = modelKeys(sha256).metrics;
  const reports = await Array.fromAsync(objects.list(prefix));
  if (reports.length >= MOST_REPORTS) {
    throw new ProblemError(
      "invalid-request",
      `There are ${MOST_REPORTS} reports of this version already.`,
      { at: "version" },
    );
  }
  const metrics: ModelMetrics = { ...report, at: new Date().toISOString() };
  const key = `${prefix}/${metrics.at.replaceAll(":", "")}-${newToken()}.json`;
  await putSealed(objects, key, metrics, { durable: true });
  return metrics;
}

/** What was measured of a version, newest first, as far as it can be read. */
export async function readMetrics(objects: ObjectStore, sha256: string): Promise<ModelMetrics[]> {
  const keys = await Array.fromAsync(objects.list(modelKeys(sha256).metrics));
  const reports: ModelMetrics[] = [];
  for (const key of keys.sort().toReversed()) {
    const found = await getSealed(objects, key).catch((error: unknown) => {
      if (isLoss(error)) return undefined;
      throw error;
    });
    const { data } = modelMetricsSchema.safeParse(found);
    if (data !== undefined) reports.push(data);
  }
  return reports;
}
