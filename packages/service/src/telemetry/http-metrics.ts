import { counterIn, histogramIn, type Registry } from "./metrics.ts";

export interface AnsweredRequest {
  readonly method: string;
  /** The pattern, `/v1/jobs/:id`, never the path itself: every value is a time series. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

const METHODS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const REQUEST_SECONDS = [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100];

/** Counts and times the answers of an HTTP server. */
export function observeHttp(registry: Registry): (request: AnsweredRequest) => void {
  const requests = counterIn(registry, {
    name: "fq_http_requests_total",
    help: "Requests answered, or given up by the client.",
    labels: ["method", "route", "status"],
  });
  const durations = histogramIn(registry, {
    name: "fq_http_request_seconds",
    help: "Time from a request's head to the end of its answer; event streams are left out.",
    labels: ["route"],
    buckets: REQUEST_SECONDS,
  });
  return ({ method, route, status, seconds }) => {
    requests.inc({ method: METHODS.includes(method) ? method : "other", route, status });
    if (!route.endsWith("/events")) durations.observe({ route }, seconds);
  };
}
