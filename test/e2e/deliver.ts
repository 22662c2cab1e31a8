/** A receiver of its own for the tests in a browser, with what they do to it from outside. */
import { execute, KEY, newDirectory, startReceiver } from "./server.ts";

export interface Target {
  base: string;
  /** Posts a callback, as CI does; gives the status. */
  post: (body: string) => Promise<number>;
  /** Runs SQL on the receiver's own database. */
  sql: (statement: string) => void;
  stop: () => Promise<void>;
}

/** `vars` are settings beside the callback key and the look-up token. */
export async function startTarget(vars: Record<string, string> = {}): Promise<Target> {
  const directory = newDirectory();
  const { base, stop } = await startReceiver(directory, vars);
  return {
    base,
    post: async (body) => (await fetch(`${base}/callbacks/${KEY}`, { method: "POST", body })).status,
    sql: (statement) => execute(directory, statement),
    stop,
  };
}
