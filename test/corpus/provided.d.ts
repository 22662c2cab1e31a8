export {};

declare module "vitest" {
  interface ProvidedContext {
    /** The provider's published payloads; empty where they are not here. */
    published: string[];
  }
}
