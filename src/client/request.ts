/** Paths and queries of requests, and reading of answers. */
import { ReceiverError } from "./errors.ts";
import type { ProblemCode } from "./problem-codes.ts";

/**
 * An id as one segment of a path. In a URL, `.` and `..` are directories, even if the dots are escaped, so the receiver
 * wants them escaped twice.
 */
export function segmentOf(id: string): string {
  if (id === "") throw new TypeError("An id must not be empty.");
  return /^\.{1,2}$/.test(id) ? id.replaceAll(".", "%252E") : encodeURIComponent(id);
}

export type Query = Readonly<Record<string, string | number | boolean | Date | undefined>>;

/** The parameters that have a value, with a leading `?`; "" if none has. */
export function queryOf(parameters: Query): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.set(name, value instanceof Date ? value.toISOString() : String(value));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

/** Turns the problem that says "there is none" into null. */
export async function nullIf<T>(code: ProblemCode, answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (isNone(code, error)) return null;
    throw error;
  }
}

export const isNone = (code: ProblemCode, error: unknown): boolean =>
  error instanceof ReceiverError && error.code === code;

export async function readJson<T>(response: Response): Promise<T> {
  const text = await response.text();
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new ReceiverError(response.status, { detail: "The answer is not JSON. Is there a receiver at baseUrl?" });
  }
}

export const readBytes = async (response: Response): Promise<Uint8Array> =>
  new Uint8Array(await response.arrayBuffer());
