/** How each server is asked the same two things: to take a callback, and what became of a job. */
export type Dialect = "ours" | "bare" | "express" | "webhook";

interface Asking {
  post(jobId: string): string;
  /** Undefined if a server answers no look-ups. */
  get?: (jobId: string) => string;
}

export const DIALECTS: Record<Dialect, Asking> = {
  ours: { post: () => "/callbacks/bench-key", get: (jobId) => `/jobs/${jobId}` },
  bare: { post: (jobId) => `/${jobId}`, get: (jobId) => `/${jobId}` },
  express: { post: () => "/callbacks", get: (jobId) => `/jobs/${jobId}` },
  webhook: { post: () => "/hooks/callbacks" },
};

/** Sent to all of them, so that all have the same to read. */
export const HEADERS = { authorization: "Bearer bench-token", "content-type": "application/xml" };
