/** Parts that the schemas of requests and of answers share. */
import * as v from "valibot";

export const nullable = v.nullable(v.string());

/** A schema that has its own name in /openapi.json. */
export const named = <const S extends v.GenericSchema>(ref: string, schema: S) => v.pipe(schema, v.metadata({ ref }));

export const described = <const S extends v.GenericSchema>(schema: S, description: string) =>
  v.pipe(schema, v.description(description));

const statuses = ["stored", "no-job", "quarantined", "pending"] as const;
export const deliveryStatus = v.picklist(statuses, `must be one of ${statuses.join(", ")}`);
