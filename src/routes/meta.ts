/** What is open to all: health and the contract. */
import { Hono } from "hono";
import { generateSpecs } from "hono-openapi";
import { problemResponse } from "../problem.ts";
import { missingSecrets } from "../settings.ts";
import type { AppEnv } from "./context.ts";
import { describe } from "./contract.ts";
import { Readiness } from "./schemas.ts";

export const meta = new Hono<AppEnv>();

meta.get(
  "/livez",
  describe({
    operationId: "livez",
    summary: "Whether the receiver runs at all",
    answers: { 200: { description: "It runs. Nothing else was asked.", media: ["text/plain"] } },
    problems: [],
    needsToken: false,
  }),
  (c) => c.text("ok\n", 200, { "cache-control": "no-store" }),
);

meta.get(
  "/readyz",
  describe({
    operationId: "readyz",
    summary: "Whether the receiver can do its work",
    answers: { 200: { description: "Secrets are set and the store answers.", schema: Readiness } },
    problems: ["not-ready", "misconfigured"],
    needsToken: false,
  }),
  async (c) => {
    const missing = missingSecrets(c.var.settings);
    const store = await c.var.places.store.check().then(
      () => "ok",
      (error: Error) => (error.message.includes("no such table") ? "migrations are not applied" : "cannot be reached"),
    );
    const checks = { store, missingSecrets: missing };
    if (store === "ok" && missing.length === 0)
      return c.json({ status: "ready", checks }, 200, { "cache-control": "no-store" });
    const faults = [
      ...missing.map((name) => `The secret ${name} is not set.`),
      ...(store === "ok" ? [] : [`The store ${store}.`]),
    ];
    return problemResponse(c, { code: "not-ready", detail: faults.join(" "), more: { checks } });
  },
);

/** `/openapi.json`, of the routes of the app that it is given. */
export function openapi(app: Hono<AppEnv>) {
  return generateSpecs(app, {
    documentation: {
      openapi: "3.1.0",
      info: {
        title: "CI callback receiver",
        version: "1",
        description: "Keeps every callback of Tencent Cloud Infinite (CI), and answers what became of a job.",
        license: { name: "MIT", identifier: "MIT" },
      },
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer", description: "One of LOOKUP_TOKENS." },
          basic: {
            type: "http",
            scheme: "basic",
            description: "One of LOOKUP_TOKENS as the password, with any user name.",
          },
        },
      },
    },
    defaultValidationErrorResponse: false,
  });
}
