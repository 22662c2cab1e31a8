export {};

declare module "vitest" {
  interface ProvidedContext {
    /** Where the endpoint of test/endpoint/server.ts listens. */
    endpoint: string;
  }
}
