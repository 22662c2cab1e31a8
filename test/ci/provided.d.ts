export {};

declare module "vitest" {
  interface ProvidedContext {
    /** Where test/ci/setup.ts starts a CI when it is asked to, the keys that each takes, and the queue of simulated jobs. */
    ci: {
      url: string;
      secretId: string;
      secretKey: string;
      queue: { bucket: string; region: string; queueId: string };
    };
  }
}
