/** Parts that the schemas of requests and of answers share. */
import * as v from "valibot";

export const nullable = v.nullable(v.string());

/** A schema that has its own name in /openapi.json. */
export const named = <const S extends v.GenericSchema>(ref: string, schema: S) => v.pipe(schema, v.metadata({ ref }));

export const described = <const S extends v.GenericSchema>(schema: S, description: string) =>
  v.pipe(schema, v.description(description));

/** What the parameters of every page of a list are. */
export const PAGE_MEMBERS = {
  limit: "How many, 1 to 100.",
  cursor: "`next` of the previous page, with the same filters.",
} as const;

const statuses = ["stored", "no-job", "quarantined", "pending"] as const;
export const deliveryStatus = v.picklist(statuses, `must be one of ${statuses.join(", ")}`);
