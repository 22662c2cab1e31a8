export {};

declare module "vitest" {
  interface ProvidedContext {
    /** Where a CI is started, by test/ci/setup.ts. */
    ci: string;
  }
}
