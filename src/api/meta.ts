/** What is open to all and asks for nothing, not even settings: that it runs, and the contract. */
import { Hono } from "hono";
import { generateSpecs } from "hono-openapi";
import type { AppEnv } from "./context.ts";
import { describe } from "./contract.ts";

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
      servers: [{ url: "/" }],
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
