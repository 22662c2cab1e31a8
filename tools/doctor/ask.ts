/** One request of the doctor: its answer as text and as a JSON object, or why there was none. */
import { explain } from "../simulate/send.ts";

export interface Answer {
  /** HTTP status; 0 where none came. */
  status: number;
  headers: Headers;
  text: string;
  /** The body where it is a JSON object, else an empty one. */
  said: Readonly<Record<string, unknown>>;
  /** Why there was no answer. */
  fault: string | null;
  /** No connection was made at all, or none that is safe. */
  unreachable: boolean;
  milliseconds: number;
}

export type Ask = (path: string, init?: RequestInit) => Promise<Answer>;

const TLS_FAULTS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "its certificate has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by nobody but itself",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is signed by an authority that is not a public one",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "it does not send the certificates between its own and the authority's",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS on this port",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "it does not speak TLS on this port",
};

/** What is wrong with the TLS of a host, from what fetch threw; null where that was something else. */
export function tlsFault(error: unknown): string | null {
  const { code = "", message = "" } = (error as { cause?: { code?: string; message?: string } }).cause ?? {};
  return TLS_FAULTS[code] ?? (/_SSL_|_TLS_/.test(code) ? message || code : null);
}

export function askAt(base: URL, timeoutSeconds: number): Ask {
  return async (path, init = {}) => {
    const start = performance.now();
    const none = { status: 0, headers: new Headers(), text: "", said: {} };
    try {
      const response = await fetch(new URL(path, base), {
        ...init,
        headers: { "user-agent": "ci-callback-doctor", ...init.headers },
        redirect: "manual",
        signal: init.signal ?? AbortSignal.timeout(timeoutSeconds * 1000),
      });
      const text = await response.text();
      const milliseconds = performance.now() - start;
      const { status, headers } = response;
      return { status, headers, text, said: objectIn(text), fault: null, unreachable: false, milliseconds };
    } catch (error) {
      const milliseconds = performance.now() - start;
      const tls = tlsFault(error);
      if (tls !== null) return { ...none, fault: `no safe connection: ${tls}`, unreachable: true, milliseconds };
      return { ...none, ...explain(error, timeoutSeconds), milliseconds };
    }
  };
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
