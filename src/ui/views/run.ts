/** A workflow run: its tasks on one axis of time, each a link to its job. */
import { html } from "hono/html";
import type { ListedJob, Run } from "../../wire.ts";
import type { TaskReading } from "../../callback/types.ts";
import type { Verdict } from "../../results/moderation-scenes.ts";
import { spanBar } from "./charts.ts";
import {
  between,
  breakable,
  card,
  codeOf,
  durationText,
  exactTime,
  facts,
  named,
  stateBadge,
  stateName,
  stateTone,
  typeName,
} from "./elements.ts";
import { alertBadges } from "./expectation.ts";
import { layout, type Live } from "./layout.ts";
import { verdictBadge, verdictTone } from "./results/parts.ts";
import { type Html, jobPath, type View } from "../view.ts";

/** A task as the run tells it, or a job of the run that its tasks do not name. */
interface Row {
  name: string;
  note: string | null;
  jobId: string | null;
  state: string | null;
  createdAt: string | null;
  startedAt: string | null;
  endedAt: string | null;
  /** Null where nothing but the run tells of it. */
  job: ListedJob | null;
}

/** Of moderation jobs, by their ids: null where it is not known. */
type Verdicts = ReadonlyMap<string, Verdict | null>;

export function runPage(view: View, run: Run, verdicts: Verdicts, live: Live | null): Html {
  const { texts } = view;
  const rows = rowsOf(view, run);
  const times = rows
    .flatMap((row) => [row.createdAt, row.startedAt, row.endedAt])
    .filter((time) => time !== null)
    .map((time) => Date.parse(time));
  const axis = times.length === 0 ? null : { from: Math.min(...times), to: Math.max(...times) };
  const title = run.workflowName ?? run.workflowId ?? run.runId;
  const body = html`<div class="head">
      <div>
        <p class="crumbs"><a href="/ui/runs">${texts.runs}</a></p>
        <h1>${named(title)}</h1>
        <p class="under">${stateBadge(view, run.state)} <code>${run.runId}</code></p>
      </div>
    </div>
    ${run.state === null && html`<p class="hint">${texts.runUntold}</p>`}
    ${card(
      texts.tasks,
      html`${axis !== null && html`<p class="axis"><span>${exactTime(iso(axis.from))}</span><span>${durationText(view, axis.to - axis.from)}</span></p>`}
        <ol class="tasks">
          ${rows.map((row) => taskRow(view, row, axis, verdicts))}
        </ol>`,
    )}
    ${card(
      texts.facts,
      facts([
        [texts.workflow, codeOf(run.workflowId)],
        [texts.fields.bucket, run.bucket],
        [texts.fields.object, run.object === null ? null : breakable(run.object)],
        [texts.created, run.createdAt === null ? null : exactTime(run.createdAt)],
      ]),
    )}`;
  const says = `${title}: ${stateName(view, run.state)}`;
  return layout(view, { title, body, says, section: "runs", ...(live && { live }) });
}

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** In order of their start. */
function rowsOf(view: View, { tasks, jobs }: Run): Row[] {
  const named = new Set(tasks.map((task) => task.jobId));
  const jobOf = new Map(jobs.map((job) => [job.jobId, job]));
  const rows: Row[] = [
    ...tasks.map((task) => rowOfTask(view, task, jobOf.get(task.jobId ?? "") ?? null)),
    ...jobs.filter((job) => !named.has(job.jobId)).map((job) => rowOfJob(view, job)),
  ];
  const startOf = (row: Row) => row.startedAt ?? row.createdAt ?? row.endedAt ?? "~";
  return rows.toSorted((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
}

const rowOfTask = (view: View, task: TaskReading, job: ListedJob | null): Row => ({
  ...task,
  job,
  name: task.name ?? task.type ?? view.texts.task,
  note: task.templateName ?? typeName(view, { tag: task.type }),
});

const rowOfJob = (view: View, job: ListedJob): Row => ({
  ...job,
  job,
  name: job.workflow?.name ?? job.tag ?? job.jobId,
  note: typeName(view, job),
});

function taskRow(view: View, row: Row, axis: { from: number; to: number } | null, verdicts: Verdicts): Html {
  const { texts } = view;
  // A moderation that succeeded may have blocked what it looked at: its verdict stands for its state, as in lists.
  const verdict = row.state === "Success" && row.jobId !== null ? verdicts.get(row.jobId) : undefined;
  const start = row.startedAt ?? row.createdAt;
  const took = between(start, row.endedAt);
  const span =
    axis !== null && start !== null && row.endedAt !== null
      ? spanBar(
          view,
          verdict === undefined ? stateTone(row.state) : verdictTone(verdict),
          {
            created: row.createdAt === null ? null : Date.parse(row.createdAt),
            start: Date.parse(start),
            end: Date.parse(row.endedAt),
          },
          axis,
        )
      : html`<span class="note">${texts.noTimes}</span>`;
  return html`<li>
    <span class="task-name"
      >${row.jobId === null ? named(row.name) : html`<a href="${jobPath(row.jobId)}">${named(row.name)}</a>`}${row.note !== null && row.note !== row.name && html` <span class="note">${row.note}</span>`}
      ${row.job !== null && alertBadges(view, row.job)}</span
    >
    <span class="task-state">${verdict === undefined ? stateBadge(view, row.state) : verdictBadge(view, verdict)}</span>
    <span class="task-span">${span}</span>
    <span class="task-took">${took === null ? texts.none : durationText(view, took)}</span>
  </li>`;
}
