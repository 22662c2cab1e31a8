/**
 * The codes of the problems that a receiver answers. They are repeated here, because the receiver's own list imports
 * libraries of the server, which a client must not need. A type test holds the two equal.
 */
export type ProblemCode =
  | "malformed-body"
  | "unsupported-media-type"
  | "body-too-large"
  | "incomplete-body"
  | "store-unavailable"
  | "not-ready"
  | "unauthorized"
  | "too-many-requests"
  | "not-found"
  | "job-not-found"
  | "run-not-found"
  | "delivery-not-found"
  | "event-not-found"
  | "forwarding-off"
  | "ci-not-configured"
  | "ci-unavailable"
  | "bytes-gone"
  | "corrupt-bytes"
  | "cross-site-request"
  | "invalid-request"
  | "method-not-allowed"
  | "not-supported-by-store"
  | "internal-error";
