/** Verdicts as their rows in D1 have them, and time that passes for them. */
import { env } from "cloudflare:workers";

interface VerdictRow {
  delivery_id: string;
  verified: 0 | 1 | null;
  asks: number;
  ask_at: number | null;
}

/** The verdicts on deliveries of a job, the first question first. */
export const verdictsOf = async (jobId: string) =>
  (await env.DB.prepare("SELECT * FROM verdicts WHERE job_id = ?1 ORDER BY asked_at").bind(jobId).all<VerdictRow>())
    .results;

/** Lets the pause of a question pass. */
export const letAsk = (jobId: string) =>
  env.DB.prepare("UPDATE verdicts SET ask_at = ?2 WHERE job_id = ?1 AND ask_at > ?2").bind(jobId, Date.now()).run();

/** Makes the question so old as if it had come up that long ago. */
export const age = (jobId: string, milliseconds: number) =>
  env.DB.prepare("UPDATE verdicts SET asked_at = asked_at - ?2 WHERE job_id = ?1").bind(jobId, milliseconds).run();
