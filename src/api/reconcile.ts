/**
 * `POST /reconcile/test`: tries whether CI can be asked. The doctor uses it, and so can somebody who has just set the
 * keys.
 */
import { NO_STORE, requireToken } from "./context.ts";
import { Routes } from "./routes.ts";
import type { Contract } from "./contract.ts";
import { CheckAnswers } from "./schemas.ts";

export const reconcile = new Routes();
reconcile.use(requireToken);

reconcile.post("/test", async (c) => {
  const { reconciler } = c.var;
  return c.json({ hasKeys: reconciler !== null, answers: (await reconciler?.check()) ?? [] }, 200, NO_STORE);
});

/** What /openapi.json says of these routes. */
export const contract = (): Contract => ({
  "POST /reconcile/test": {
    operationId: "testReconcile",
    summary: "Try whether CI can be asked",
    description:
      "Sends one signed request about a job that does not exist, and one for each of the first five lists of CI_QUEUES. Nothing is kept.",
    answers: {
      200: {
        description: "What CI said. Without keys `hasKeys` is false, and nothing is asked.",
        schema: CheckAnswers,
      },
    },
    problems: ["unauthorized", "cross-site-request", "too-many-requests", "store-unavailable"],
    needsToken: true,
  },
});
