import type { Readable } from "node:stream";
import type {
  EmptyAnswer,
  Form,
  JsonAnswer,
  Operation,
  StreamAnswer,
  TextAnswer,
} from "@framequeue/contracts";
import type { Response } from "express";
import type { z } from "zod";

/** What an operation is given: all that it declares, read and valid. */
export type Input<O extends Operation> = {
  readonly params: ParamsOf<O>;
  readonly query: O extends { query: infer S extends z.ZodType } ? z.output<S> : undefined;
  readonly headers: O extends { headers: infer S extends z.ZodType } ? z.output<S> : undefined;
  /** Fires when the client is gone, or has its answer. */
  readonly signal: AbortSignal;
} & CarriedBy<O>;

type ParamsOf<O> = O extends { params: infer P extends NonNullable<Operation["params"]> }
  ? { readonly [Name in keyof P]: z.output<P[Name]["schema"]> }
  : undefined;

type Json<S> = {
  readonly json: S extends z.ZodType ? z.output<S> : never;
  readonly form?: undefined;
};
type Formed<F> = {
  readonly form: F extends Form ? ReceiveForm<F> : never;
  readonly json?: undefined;
};
type CarriedBy<O> = O extends { body: infer B }
  ? | (B extends { json: infer S } ? Json<S> : never)
    | (B extends { form: infer F } ? Formed<F> : never)
  : unknown;

/** The fields of a form that were sent. */
export type FieldsOf<F extends Form> = {
  readonly [Name in keyof F["fields"]]?: z.output<F["fields"][Name]["schema"]>;
};

/** Stores the file of a form; gives up when the signal fires. `before`: the fields that came before the file. */
export type SaveFile<F extends Form> = (
  file: Readable,
  name: string,
  before: FieldsOf<F>,
  signal: AbortSignal,
) => Promise<{ readonly bytes: number }>;

/** Takes a form in as it comes, and its file by `save`. */
export type ReceiveForm<F extends Form> = (save: SaveFile<F>) => Promise<{
  readonly name: string;
  readonly fields: FieldsOf<F>;
}>;

/** One of the answers that an operation declares. */
export type AnswerOf<O extends Operation> = {
  [Status in keyof O["answers"]]: Given<Status, O["answers"][Status]>;
}[keyof O["answers"]];

type Given<Status, A> = { readonly status: Status } & Content<A> &
  (A extends { headers: infer H }
    ? keyof H extends never
      ? { readonly headers?: undefined }
      : { readonly headers: { readonly [Name in keyof H]: string } }
    : never);

type Content<A> =
  A extends JsonAnswer<infer S>
    ? { readonly json: z.output<S> }
    : A extends TextAnswer
      ? { readonly text: string }
      : A extends StreamAnswer
        ? Streamed
        : A extends EmptyAnswer
          ? unknown
          : never;

/** An answer that comes bit by bit. For HEAD it is not written. */
interface Streamed {
  /** Which of the declared media types; the first by default. */
  readonly type?: string;
  readonly write: (response: Response) => Promise<void>;
}

/** Does what the operation is for. Throws a ProblemError that the operation declares. */
export type Handler<O extends Operation> = (input: Input<O>) => AnswerOf<O> | Promise<AnswerOf<O>>;

/** A handler for each operation of a table, and for nothing else. */
export type Handlers<Table extends Readonly<Record<string, Operation>>> = {
  readonly [Id in keyof Table]: Handler<Table[Id]>;
};

/** An answer as the router sends it, which does not know the operation's types. */
export interface AnyAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly json?: unknown;
  readonly text?: string;
  readonly type?: string;
  readonly write?: (response: Response) => Promise<void>;
}
export type AnyHandler = (input: {
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: unknown;
  readonly json?: unknown;
  readonly form?: unknown;
  readonly signal: AbortSignal;
}) => AnyAnswer | Promise<AnyAnswer>;
