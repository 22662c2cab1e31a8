/** The contract of a route: how its query and body are checked, and what /openapi.json says about it. */
import type { MiddlewareHandler } from "hono";
import * as v from "valibot";
import { type ProblemCode, ProblemError } from "../problems.ts";
import type { AppEnv } from "./context.ts";

/** Contracts by method and path, such as `GET /jobs/{jobId}`. */
export type Contract = Record<`${"GET" | "POST" | "PUT" | "DELETE"} /${string}`, Operation>;

/**
 * What one route does. Each module of routes exports its `contract` as a function that only `tools/openapi.ts` calls,
 * to write `openapi.json`. So neither these texts nor the generator are in the Worker.
 */
export interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  /** The schema of the query. */
  query?: ObjectSchema;
  /** The schema of the body, if it is JSON. */
  body?: ObjectSchema;
  /** What the parameters of the query are, or the members of the body, by name. */
  members?: Readonly<Record<string, string>>;
  /** The successful answers by status: what each is, and its schema if it is JSON. */
  answers: Record<number, Answer>;
  /** The problems it may answer with. */
  problems: readonly ProblemCode[];
  /** Whether it needs a look-up token. */
  needsToken: boolean;
}

export type ObjectSchema = v.StrictObjectSchema<v.ObjectEntries, v.ErrorMessage<v.StrictObjectIssue> | undefined>;

interface Answer {
  description: string;
  schema?: v.GenericSchema;
  /** Media types, if it is not JSON. */
  media?: readonly string[];
}

interface Checked<S extends v.GenericSchema> {
  in: { query: v.InferInput<S> };
  out: { query: v.InferOutput<S> };
}

/** Checks the query against its schema. An unknown or wrong parameter is answered `invalid-request`, and named. */
export function query<S extends v.GenericSchema>(schema: S): MiddlewareHandler<AppEnv, string, Checked<S>> {
  return async (c, next) => {
    const given = Object.entries(c.req.queries()).map(([name, values]) => [
      name,
      values[1] === undefined ? values[0] : values,
    ]);
    const result = v.safeParse(schema, Object.fromEntries(given));
    if (!result.success) throw new ProblemError({ code: "invalid-request", detail: faultOf(result.issues[0]) });
    c.req.addValidatedData("query", result.output as object);
    return next();
  };
}

function faultOf(issue: v.BaseIssue<unknown>): string {
  const { message } = issue;
  const isUnknown = message.startsWith("Invalid key: Expected never");
  const says = isUnknown
    ? "is not a parameter of this path"
    : message.includes("received Array")
      ? "must be given once"
      : message;
  return `${v.getDotPath(issue) ?? "The query"} ${says}.`;
}
