import type { z } from "zod";
import type { ProblemCode } from "../problems.ts";

/**
 * Whom an operation answers. `open`: everybody. The others: who shows one of the site's keys, and what such a key is
 * to be good for.
 */
export type Scope = "open" | "read" | "submit" | "models";

/** What one HTTP operation takes and what it answers. The router, the documents and the tests go by it. */
export interface Operation {
  /** GET answers HEAD, too. */
  readonly method: "GET" | "POST" | "DELETE";
  /** With its variable parts in braces, which `params` has all of: `/v1/jobs/{id}`. */
  readonly path: `/${string}`;
  readonly scope: Scope;
  /** What it does, in a line. */
  readonly summary: string;
  readonly params?: Readonly<Record<string, Param>>;
  /** Absent: whatever the query says means nothing, and is let pass. */
  readonly query?: z.ZodObject;
  /** Those that mean something, in lower case. */
  readonly headers?: z.ZodObject;
  readonly body?: Body;
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Those that are its own: `problemsOf` adds what comes with its parts. */
  readonly problems: readonly ProblemCode[];
}

/** A variable part of a path. A text that does not fit the schema names nothing that could be there. */
export interface Param {
  readonly schema: z.ZodType<string, string>;
  readonly means: string;
  /** The problem that it then is, … */
  readonly absent: ProblemCode;
  /** … and its sentence. */
  readonly sentence: (text: string) => string;
}

/** What a request carries, by its media type; one of them where there are several. */
export interface Body {
  readonly json?: z.ZodType;
  readonly form?: Form;
}

/** `multipart/form-data` with one `file` and texts before or after it. */
export interface Form {
  /** What the file is, such as `video`. */
  readonly what: string;
  /** A file of that kind, for the example. */
  readonly example: string;
  /** What an empty file is. */
  readonly empty: ProblemCode;
  readonly fields: Readonly<Record<string, FormField>>;
}

export interface FormField {
  /** What is in it, in a few words. */
  readonly means: string;
  readonly schema: z.ZodType;
  /** Its text is JSON, and the schema is for that value. */
  readonly json?: true;
}

interface Told<H extends string> {
  readonly means: string;
  /** Headers that come with it, in lower case, and what they say. */
  readonly headers: Readonly<Record<H, string>>;
}
export interface JsonAnswer<
  S extends z.ZodType = z.ZodType,
  H extends string = string,
> extends Told<H> {
  readonly kind: "json";
  readonly schema: S;
}
export interface TextAnswer<H extends string = string> extends Told<H> {
  readonly kind: "text";
  readonly mediaType: string;
}
/** Bytes that come bit by bit. */
export interface StreamAnswer<H extends string = string> extends Told<H> {
  readonly kind: "stream";
  readonly mediaTypes: readonly string[];
  /** Of server-sent events: the data of each. */
  readonly data?: z.ZodType;
}
export interface EmptyAnswer<H extends string = string> extends Told<H> {
  readonly kind: "empty";
}
export type Answer = JsonAnswer | TextAnswer | StreamAnswer | EmptyAnswer;

type Headers<H extends string> = Readonly<Record<H, string>>;

// Two signatures each: of one alone, what names no headers would be taken for what may have any.
export function json<S extends z.ZodType>(schema: S, means: string): JsonAnswer<S, never>;
export function json<S extends z.ZodType, H extends string>(
  schema: S,
  means: string,
  headers: Headers<H>,
): JsonAnswer<S, H>;
export function json(schema: z.ZodType, means: string, headers = {}): JsonAnswer {
  return { kind: "json", schema, means, headers };
}

export function text(mediaType: string, means: string): TextAnswer<never> {
  return { kind: "text", mediaType, means, headers: {} };
}

export function stream<H extends string>(
  mediaTypes: readonly string[],
  means: string,
  headers: Headers<H>,
): StreamAnswer<H> {
  return { kind: "stream", mediaTypes, means, headers };
}

/** Server-sent events. */
export function events<H extends string>(
  data: z.ZodType,
  means: string,
  headers: Headers<H>,
): StreamAnswer<H> {
  return { ...stream(["text/event-stream; charset=utf-8"], means, headers), data };
}

export function empty(means: string): EmptyAnswer<never>;
export function empty<H extends string>(means: string, headers: Headers<H>): EmptyAnswer<H>;
export function empty(means: string, headers = {}): EmptyAnswer {
  return { kind: "empty", means, headers };
}
