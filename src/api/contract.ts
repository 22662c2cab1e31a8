/** How a route tells the contract what it answers, and checks what it is asked. */
import { describeRoute, type ResponsesWithResolver, resolver, validator } from "hono-openapi";
import type * as v from "valibot";
import { PROBLEMS, type ProblemCode, ProblemError } from "../problems.ts";
import { ProblemDocument } from "./schemas.ts";

type Schema = v.GenericSchema;

export interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  /** The JSON that it takes. */
  body?: Schema;
  /** The answers that are no problem, by status: what each is, and its schema where it is JSON. */
  answers: Record<number, Answer>;
  /** The problems it may answer with. */
  problems: readonly ProblemCode[];
  /** Whether it needs a look-up token. */
  needsToken: boolean;
}

interface Answer {
  description: string;
  schema?: Schema;
  /** Media types, where it is not JSON. */
  media?: readonly string[];
}

/** The route's entry in /openapi.json. */
export function describe({ answers, problems, needsToken, body, ...texts }: Operation) {
  const responses: ResponsesWithResolver = {};
  for (const [status, { description, schema, media }] of Object.entries(answers)) {
    const content =
      schema === undefined ? contentOf(media ?? []) : { "application/json": { schema: resolver(schema) } };
    responses[status] = { description, ...(Object.keys(content).length > 0 && { content }) };
  }
  for (const [status, codes] of Object.entries(byStatus(problems))) {
    responses[status] = {
      description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(" "),
      content: { "application/problem+json": { schema: resolver(ProblemDocument) } },
    };
  }
  const requestBody = body && { required: true, content: { "application/json": { schema: resolver(body) } } };
  return describeRoute({
    ...texts,
    ...(requestBody && { requestBody }),
    responses,
    security: needsToken ? [{ bearer: [] }, { basic: [] }] : [],
  });
}

const contentOf = (media: readonly string[]) =>
  Object.fromEntries(media.map((type) => [type, { schema: { type: "string" as const } }]));

function byStatus(problems: readonly ProblemCode[]): Record<string, ProblemCode[]> {
  const codes: Record<string, ProblemCode[]> = {};
  for (const code of problems) (codes[PROBLEMS[code].status] ??= []).push(code);
  return codes;
}

/** Checks the query by its schema; what is unknown or wrong is `invalid-request`, and named. */
export function query<S extends Schema>(schema: S) {
  return validator(
    "query",
    schema,
    (result) => {
      if (result.success) return;
      const issue = result.error[0];
      const name = issue?.path?.map((segment) => String(typeof segment === "object" ? segment.key : segment)).join(".");
      const isUnknown = issue !== undefined && issue.message.startsWith("Invalid key: Expected never");
      const isRepeated = issue?.message.includes("received Array") === true;
      const says = isUnknown
        ? "is not a parameter of this path"
        : isRepeated
          ? "must be given once"
          : (issue?.message ?? "is not valid");
      throw new ProblemError({ code: "invalid-request", detail: `${name ?? "The query"} ${says}.` });
    },
    { typeMode: "input", errorMode: "ignore" } as object,
  );
}
