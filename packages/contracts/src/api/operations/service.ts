import { z } from "zod";
import { json, type Operation, text } from "./operation.ts";

const indexSchema = z.object({
  name: z.literal("framequeue"),
  version: z.literal("v1"),
  /** Such as `POST /v1/jobs`. */
  endpoints: z.array(z.string()),
});
const index = {
  method: "GET",
  summary: "Lists what there is.",
  answers: {
    200: json(indexSchema, "Every operation.", {
      link: "Where the document is that describes them.",
    }),
  },
  problems: [],
} as const;
const plain = "text/plain; charset=utf-8";

export const SERVICE_OPERATIONS = {
  getRoot: { ...index, path: "/", scope: "open" },
  getIndex: { ...index, path: "/v1", scope: "read" },
  getOpenApi: {
    method: "GET",
    path: "/v1/openapi.json",
    scope: "read",
    summary: "Describes every operation, in OpenAPI 3.1.",
    answers: {
      200: json(z.looseObject({ openapi: z.literal("3.1.0") }), "This document."),
    },
    problems: [],
  },
  getLive: {
    method: "GET",
    path: "/healthz/live",
    scope: "open",
    summary: "Says that the process answers.",
    answers: { 200: json(z.object({ status: z.literal("live") }), "It does.") },
    problems: [],
  },
  getReady: {
    method: "GET",
    path: "/healthz/ready",
    scope: "open",
    summary: "Says whether jobs can be taken.",
    answers: {
      200: json(z.object({ status: z.literal("ready") }), "They can."),
      503: json(z.object({ status: z.literal("not-ready") }), "They cannot now."),
    },
    problems: [],
  },
  listRunbooks: {
    method: "GET",
    path: "/runbooks",
    scope: "open",
    summary: "Lists what to do about each alert.",
    answers: { 200: text(plain, "Markdown.") },
    problems: [],
  },
  getRunbook: {
    method: "GET",
    path: "/runbooks/{name}",
    scope: "open",
    summary: "Shows what to do about an alert.",
    params: {
      name: {
        schema: z.string(),
        means: "The runbook, as the alert names it.",
        absent: "not-found",
        sentence: () => "There is no such runbook; GET /runbooks lists them.",
      },
    },
    answers: { 200: text(plain, "Markdown.") },
    problems: [],
  },
  getMetrics: {
    method: "GET",
    path: "/metrics",
    scope: "open",
    summary: "Measures, in the text format of Prometheus.",
    answers: { 200: text("text/plain; version=0.0.4; charset=utf-8", "The metrics.") },
    problems: [],
  },
} as const satisfies Record<string, Operation>;
