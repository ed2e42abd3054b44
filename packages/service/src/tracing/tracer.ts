import { bounded } from "@framequeue/contracts";
import type { Attributes, Link, SpanContext } from "@opentelemetry/api";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { Logger } from "../process/logger.ts";
import { redactUrl } from "../process/redact.ts";
import { parseTraceparent, spanIdOf, traceIdsOf } from "./trace-ids.ts";
import type { TracingSettings } from "./tracing-config.ts";

/** A piece of work for a job that is over. */
export interface DoneSpan {
  readonly name: string;
  readonly job: string;
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly endMs: number;
  /** A number from `spanOf`; any other where it is left out. `root`: the job's own. */
  readonly span?: string | undefined;
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  /** Spans of the same job on whose results this one worked. */
  readonly follows?: readonly string[];
  /** W3C `traceparent` of whoever asked for it. */
  readonly askedBy?: string | undefined;
  /** A code where there is no more than that. */
  readonly error?: Error | string;
}

/** Tells of work as spans: one trace for each job, across all services. */
export interface JobTracer extends AsyncDisposable {
  record(span: DoneSpan): void;
  /** The span of a delivery that is going on; undefined where its job is not traced. */
  spanOf(job: string, delivery: string): string | undefined;
  /** For log lines; nothing where the job is not traced. */
  fieldsOf(job: string): { readonly traceId?: string };
}

export const ROOT = "root";

/** How long the last spans may take to go out when the process ends. */
const SHUTDOWN_MS = 3_000;

/** Undefined where nothing is to be exported: then not even the libraries are loaded. */
export async function createTracer(
  settings: TracingSettings,
  service: string,
  logger: Logger,
): Promise<JobTracer | undefined> {
  if (settings.exporter === "none" || settings.ratio === 0) return undefined;
  const api = await import("@opentelemetry/api");
  const sdk = await import("@opentelemetry/sdk-trace");
  const resources = await import("@opentelemetry/resources");
  const say = (text: string, ...more: unknown[]): void =>
    logger.warn({ detail: more.map(String).join(" ") || undefined }, `tracing: ${text}`);
  const quiet = (): void => {};
  api.diag.setLogger(
    { error: say, warn: say, info: quiet, debug: quiet, verbose: quiet },
    api.DiagLogLevel.WARN,
  );

  const exporter: SpanExporter =
    settings.exporter === "console" ? new sdk.ConsoleSpanExporter() : await otlp(settings.protocol);
  const random = new sdk.RandomIdGenerator();
  // The next span gets these; spans are made in one go, so nothing comes in between.
  let [nextTrace, nextSpan]: (string | undefined)[] = [];
  const sampler = new sdk.TraceIdRatioBasedSampler(settings.ratio);
  const provider = new sdk.TracerProvider({
    resource: resources
      .resourceFromAttributes({
        "service.name": service,
        "service.namespace": "framequeue",
        "process.pid": process.pid,
      })
      .merge(
        resources.detectResources({
          detectors: [resources.serviceNameEnvDetector, resources.resourceAttributesEnvDetector],
        }),
      ),
    // By the trace's id alone, so that all services decide the same of a job.
    sampler,
    idGenerator: {
      generateTraceId: () => nextTrace ?? random.generateTraceId(),
      generateSpanId: () => nextSpan ?? random.generateSpanId(),
    },
    spanProcessors: [
      new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis: settings.delayMs }),
    ],
  });
  const tracer = provider.getTracer("framequeue");

  function isTraced(trace: string): boolean {
    const result = sampler.shouldSample(api.ROOT_CONTEXT, trace);
    return result.decision === sdk.SamplingDecision.RECORD_AND_SAMPLED;
  }
  const contextOf = (traceId: string, spanId: string): SpanContext => ({
    traceId,
    spanId,
    traceFlags: api.TraceFlags.SAMPLED,
    isRemote: true,
  });

  return {
    record({ name, job, startMs, endMs, span, attributes, follows, askedBy, error }) {
      const { trace, root } = traceIdsOf(job);
      const asker = parseTraceparent(askedBy);
      const links: Link[] = [...new Set(follows)].map((id) => ({ context: contextOf(trace, id) }));
      if (asker !== undefined) links.push({ context: contextOf(asker.trace, asker.span) });
      const isRoot = span === ROOT;
      const parent = isRoot
        ? api.ROOT_CONTEXT
        : api.trace.setSpanContext(api.ROOT_CONTEXT, contextOf(trace, root));
      nextTrace = trace;
      nextSpan = isRoot ? root : span;
      try {
        const made = tracer.startSpan(
          name,
          {
            startTime: startMs,
            links,
            attributes: { "framequeue.job": job, ...defined(attributes) },
            ...(isRoot ? { kind: api.SpanKind.SERVER } : {}),
          },
          parent,
        );
        if (error !== undefined) {
          // What went wrong may name a source; nothing of its secrets leaves by a trace either.
          const message = redactUrl(bounded(error instanceof Error ? error.message : error));
          made.setStatus({ code: api.SpanStatusCode.ERROR, message });
        }
        made.end(endMs);
      } finally {
        [nextTrace, nextSpan] = [undefined, undefined];
      }
    },
    spanOf: (job, delivery) => (isTraced(traceIdsOf(job).trace) ? spanIdOf(delivery) : undefined),
    fieldsOf(job) {
      const { trace } = traceIdsOf(job);
      return isTraced(trace) ? { traceId: trace } : {};
    },
    async [Symbol.asyncDispose]() {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, SHUTDOWN_MS);
      await Promise.race([provider.shutdown().catch(() => {}), late]);
      clearTimeout(timer);
    },
  };
}

async function otlp(protocol: TracingSettings["protocol"]): Promise<SpanExporter> {
  // Where to, with which headers and certificates: the standard variables, which it reads itself.
  const { OTLPTraceExporter } =
    protocol === "http/json"
      ? await import("@opentelemetry/exporter-trace-otlp-http")
      : await import("@opentelemetry/exporter-trace-otlp-proto");
  return new OTLPTraceExporter();
}

function defined(attributes: DoneSpan["attributes"]): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}
