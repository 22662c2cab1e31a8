/** Routes that are open to all and need no settings: that the receiver runs, and its contract. */
import { Routes } from "./routes.ts";
import type { Contract } from "./contract.ts";

export const meta = new Routes();

meta.get("/livez", (c) => c.text("ok\n", 200, { "cache-control": "no-store" }));

/** What /openapi.json says of these routes. */
export const contract = (): Contract => ({
  "GET /livez": {
    operationId: "livez",
    summary: "Whether the receiver runs at all",
    answers: { 200: { description: "It runs. Nothing else was asked.", media: ["text/plain"] } },
    problems: [],
    needsToken: false,
  },
});
