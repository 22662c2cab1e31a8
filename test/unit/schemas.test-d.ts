/**
 * Checked by tsc, never run: what /openapi.json says of answers, and what look-ups are typed to answer, is one thing.
 * The types of src/wire.ts are written out because the client is typed by them, and brings no server package.
 */
import { expectTypeOf } from "vitest";
import type * as v from "valibot";
import type { JobsQuery } from "../../src/api/queries.ts";
import type * as schemas from "../../src/api/schemas.ts";
import type { JobListFilter } from "../../src/client/calls.ts";
import type { JobFilterName } from "../../src/store/lists.ts";
import type * as wire from "../../src/wire.ts";

type Answer<Name extends keyof typeof schemas> = (typeof schemas)[Name] extends v.GenericSchema
  ? v.InferOutput<(typeof schemas)[Name]>
  : never;

/** The content of a job is the provider's, and any object to the contract. */
type WithoutDetail<T> = Omit<T, "detail">;

expectTypeOf<wire.ListedJob>().toEqualTypeOf<Answer<"ListedJob">>();
expectTypeOf<WithoutDetail<wire.Job>>().toEqualTypeOf<WithoutDetail<Answer<"Job">>>();
expectTypeOf<wire.ListedRun>().toEqualTypeOf<Answer<"ListedRun">>();
expectTypeOf<Omit<wire.Run, "tasks">>().toEqualTypeOf<Omit<Answer<"Run">, "tasks">>();
expectTypeOf<WithoutDetail<wire.Run["tasks"][number]>>().toEqualTypeOf<WithoutDetail<Answer<"Run">["tasks"][number]>>();
expectTypeOf<wire.DeliveryRecord>().toEqualTypeOf<Answer<"Delivery">>();
expectTypeOf<wire.JobDeliveryRecord>().toEqualTypeOf<Answer<"JobDeliveryList">["deliveries"][number]>();

/** The API, the store and the client have the same filters of jobs. */
type Filters = JobFilterName | "overdue";
expectTypeOf<keyof v.InferOutput<typeof JobsQuery>>().toEqualTypeOf<Filters | "limit" | "cursor">();
expectTypeOf<keyof JobListFilter>().toEqualTypeOf<Filters>();
