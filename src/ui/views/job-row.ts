/** A job in a list: two lines on any screen. */
import { html } from "hono/html";
import type { Verdict } from "../../results/moderation-scenes.ts";
import type { ListedJob } from "../../wire.ts";
import { between, durationText, named, shortTime, typeName } from "./elements.ts";
import { alertBadges, jobState } from "./expectation.ts";
import { rowMarks } from "./live-list.ts";
import { verdictBadge } from "./results/parts.ts";
import { type Html, jobPath, type View } from "../view.ts";

/** A job with the verdict of its moderation: null where that is not known, undefined where it is no moderation. */
export interface ShownJob {
  job: ListedJob;
  verdict?: Verdict | null;
}

/** `dated`: by the time that its callback is due at, instead of the one that it was received at. */
export function jobRow(view: View, { job, verdict }: ShownJob, dated: "received" | "due" = "received"): Html {
  const { texts } = view;
  // A job without an object is named by its id already.
  const ids = [job.object ? job.jobId : null, job.bucket].filter((id) => id !== null);
  const took = between(job.startedAt ?? job.createdAt, job.endedAt);
  const dueAt = dated === "due" || job.source === "expectation" ? (job.expectation?.dueAt ?? null) : null;
  return html`<li ${rowMarks(job.jobId, Date.parse(job.firstReceivedAt))}>
    <span class="job-state">${verdict === undefined ? jobState(view, job) : verdictBadge(view, verdict)}</span>
    <span class="job-name"><a href="${jobPath(job.jobId)}">${named(job.object || job.jobId)}</a></span>
    <span class="job-tag" title="${job.tag ?? job.event ?? ""}">${typeName(view, job) ?? texts.none}</span>
    <span class="job-id"
      >${alertBadges(view, job)}
      <span class="job-key">${ids.map((id, at) => html`${at > 0 && " · "}${named(id)}`)}</span></span
    >
    <span class="job-took"
      ><span class="hidden">${texts.took}: </span>${took === null ? texts.none : durationText(view, took)}</span
    >
    <span class="job-when"
      >${
        dueAt === null
          ? html`<span class="hidden">${texts.received}: </span
              >${shortTime(view, job.delivery?.receivedAt ?? job.firstReceivedAt)}`
          : html`${texts.asking.due} ${shortTime(view, dueAt)}`
      }</span
    >
  </li>`;
}
