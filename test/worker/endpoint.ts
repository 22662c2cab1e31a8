/** The user's system as a test of the Worker sees it: a hook of its own on the real server of test/endpoint. */
import { env } from "cloudflare:workers";
import { inject } from "vitest";
import type { Seen, Step } from "../endpoint/types.ts";
import { newJobId } from "./bodies.ts";
import type { Changes } from "./receiver.ts";

export const SECRET = `whsec_${btoa("a secret of thirty-two bytes, ok")}`;

export interface Hook {
  url: string;
  /** Says how the next events are answered. */
  plan(...steps: Step[]): Promise<void>;
  seen(): Promise<Seen[]>;
  /** The ids of those that came. */
  ids(): Promise<string[]>;
}

export function newHook(): Hook {
  const base = inject("endpoint");
  const name = newJobId();
  const seen = async () => (await fetch(`${base}/seen/${name}`)).json<Seen[]>();
  return {
    url: `${base}/hook/${name}`,
    plan: async (...steps) =>
      void (await fetch(`${base}/plan/${name}`, { method: "PUT", body: JSON.stringify(steps) })),
    seen,
    ids: async () => (await seen()).map(({ headers }) => headers["webhook-id"] ?? ""),
  };
}

/** Settings of a receiver that tells these endpoints. */
export const telling = (...hooks: readonly Pick<Hook, "url">[]): Changes => ({
  FORWARD_URLS: hooks.map(({ url }) => url).join(","),
  FORWARD_SECRETS: SECRET,
});

/** An event as the outbox has it. */
export interface Row {
  seq: number;
  id: string;
  endpoint: string;
  type: string;
  subject: string;
  created_at: number;
  attempts: number;
  due_at: number | null;
  status: string;
  last_status: number | null;
  last_error: string | null;
  ended_at: number | null;
}

export async function rowsOf(subject: string): Promise<Row[]> {
  const sql = "SELECT * FROM events WHERE subject = ?1 ORDER BY seq";
  return (await env.DB.prepare(sql).bind(subject).all<Row>()).results;
}

/** Lets time pass for what waits: whatever is pending is due now, and no breaker is open any longer. */
export async function letPass(): Promise<void> {
  await env.DB.batch([
    env.DB.prepare("UPDATE events SET due_at = ?1 WHERE due_at IS NOT NULL").bind(Date.now()),
    env.DB.prepare("UPDATE endpoints SET open_until = ?1 WHERE open_until IS NOT NULL").bind(Date.now()),
  ]);
}
