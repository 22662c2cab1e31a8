/** Rows of the tables as what a store answers. Pure. The way there is rows.ts. */
import type { Workflow } from "../callback/types.ts";
import { type DeliveryRow, type JobRow, OLDER_KINDS, type RunRow } from "./rows.ts";
import type { Delivery, Failure, JobSummary, RunSummary } from "./store.ts";

/** The record of a job, without its detail. */
export function summaryOf(row: JobRow): JobSummary {
  return {
    jobId: row.job_id,
    event: row.event,
    tag: row.tag,
    state: row.state,
    stateSource: row.state_source,
    terminal: row.terminal === 1,
    code: row.code,
    message: row.message,
    queueId: row.queue_id,
    userData: row.user_data,
    bucket: row.bucket,
    region: row.region,
    object: row.object,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    workflow: workflowOf(row),
  };
}

/** Changes with the record of a job or with its workflow: with the delivery behind either, or its reader. */
export const versionOf = ({ rank, workflow_rank }: JobRow): string => `${rank} ${workflow_rank ?? ""}`;

function workflowOf(row: JobRow): Workflow | null {
  if (row.workflow_rank === null) return null;
  return {
    runId: row.run_id,
    workflowId: row.workflow_id,
    workflowName: row.workflow_name,
    name: row.workflow_step,
  };
}

/** The record of a run, without its tasks. */
export function runSummaryOf(row: RunRow): RunSummary {
  return {
    runId: row.run_id,
    workflowId: row.workflow_id,
    workflowName: row.workflow_name,
    state: row.state,
    terminal: row.terminal === 1,
    bucket: row.bucket,
    object: row.object,
    createdAt: row.created_at,
  };
}

/** What is kept about a delivery, without its bytes. */
export function deliveryOf(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    status: row.status,
    format: row.format,
    contentType: row.content_type,
    size: row.size,
    receivedAt: row.received_at,
    lastReceivedAt: row.heard_at ?? row.received_at,
    count: row.count,
    failure: failureOf(row),
    hasBytes: row.has_bytes === 1,
    source: row.source ?? "callback",
  };
}

function failureOf({ reason_code, reason, line, column_number }: DeliveryRow): Failure | null {
  if (reason_code === null) return null;
  const kind = reason_code in OLDER_KINDS ? OLDER_KINDS[reason_code as keyof typeof OLDER_KINDS] : reason_code;
  return { kind: kind as Failure["kind"], reason: reason ?? "", line, column: column_number };
}
