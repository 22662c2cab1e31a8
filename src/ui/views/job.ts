/** One job: what became of it, when, of what, and everything that CI said of it. */
import { html } from "hono/html";
import type { Job, ListedJob } from "../../wire.ts";
import type { ContentNode } from "../../callback/types.ts";
import { textAt } from "../../results/nodes.ts";
import { readSegmentation } from "../../results/segmentation.ts";
import type { Delivery, KeptBody } from "../../store/store.ts";
import { bodyView } from "./delivery.ts";
import {
  breakable,
  card,
  codeOf,
  curlCard,
  type Fact,
  facts,
  idLink,
  relativeTime,
  sizeText,
  stateBadge,
  stateName,
  typeName,
  typeWithTag,
} from "./elements.ts";
import { eventsCard, type ShownEvent } from "./events.ts";
import { askedNote, askingBadges, askingCard, disputedHint } from "./expectation.ts";
import { type History, historyCard } from "./history.ts";
import { layout, type Live } from "./layout.ts";
import { type CardResult, cardResult, headersCard, resultCard, verdictOf } from "./results/card.ts";
import { segmentationView } from "./segmentation/card.ts";
import type { SegmentationOptions } from "./segmentation/options.ts";
import { timeline } from "./timeline.ts";
import { tree } from "./tree.ts";
import { deliveryPath, type Html, runPath, segment, type View } from "../view.ts";

/** `kept` is null while the bytes wait in the spill. */
export interface JobView {
  job: Job;
  history: History;
  /** What the user's system was told of it. */
  events: readonly ShownEvent[];
  /** Whether it can be told again. */
  canSend: boolean;
  /** Whether CI can be asked about it, and was just now. */
  canAsk: boolean;
  wasAsked: boolean;
  kept: KeptBody | null;
  options: SegmentationOptions;
  live: Live | null;
}

export function jobPage(view: View, shown: JobView): Html {
  const { job, kept, history, events, canSend, canAsk, wasAsked, options, live } = shown;
  const { texts } = view;
  const title = job.object || job.jobId;
  const result = cardResult(job);
  const body = html`<div id="job">
    <div class="head">
      <div>
        <p class="crumbs"><a href="/">${texts.jobs}</a> · ${typeName(view, job) ?? texts.job}</p>
        <h1>${breakable(title)}</h1>
        <p class="under">
          ${stateBadge(view, job.state)} ${verdictOf(view, result)} ${askingBadges(view, job)}
          ${title !== job.jobId && html`<code>${job.jobId}</code>`}
        </p>
      </div>
    </div>
    ${wasAsked && askedNote(view)} ${disputedHint(view, job)} ${outcome(view, job)}
    <div class="columns">
      <div class="matter">
        ${matter(view, job, result, options)} ${historyCard(view, history, job.delivery?.id ?? null)}
        ${eventsCard(view, events, canSend)} ${kept !== null && bytes(view, kept)}
      </div>
      <div class="margin">
        ${card(texts.timeline, timeline(view, job))} ${askingCard(view, job, canAsk)} ${inputCard(view, job)}
        ${job.workflow !== null && workflowCard(view, job.workflow)} ${jobFacts(view, job)}
        ${card(texts.deliveryBehind, deliveryFacts(view, job, kept?.delivery ?? null))}
        ${curlCard(view, `/jobs/${segment(job.jobId)}`)}
      </div>
    </div>
  </div>`;
  const says = `${title}: ${stateName(view, job.state)}`;
  return layout(view, { title, body, says, section: "jobs", ...(live && { live }) });
}

/** What a state does not say: the code and message of a failure, and where the state came from. */
function outcome({ texts }: View, job: Job): Html {
  return html`${
    job.state === "Failed" &&
    html`<div class="alert">
      <h2>${texts.failedTitle}</h2>
      ${facts(codeAndMessage(texts, job))}
    </div>`
  }
  ${job.stateSource === "derived" && job.state !== null && html`<p class="hint">${texts.derivedState}</p>`}
  ${job.detail === null && html`<p class="hint">${texts.bytesGone}</p>`}`;
}

const codeAndMessage = (texts: View["texts"], { code, message }: Job): Fact[] => [
  [texts.code, code],
  [texts.message, message === "" ? null : message],
];

/** The result by its family, with everything else that CI said folded below it. */
function matter(view: View, job: Job, result: CardResult | null, options: SegmentationOptions): Html {
  const segmentation = readSegmentation(job);
  const rest = job.detail === null ? {} : restOf(job.detail, segmentation !== null);
  const hasRest = Object.keys(rest).length > 0;
  const fields = result !== null ? allFields(view, rest) : operation(view, segmentation !== null, rest);
  return html`${result !== null && resultCard(view, result)}
  ${segmentation !== null && segmentationView(view, segmentation, options)} ${hasRest && fields}
  ${headersCard(view, job)}`;
}

const operation = (view: View, withoutResult: boolean, rest: ContentNode): Html =>
  card(withoutResult ? view.texts.parameters : view.texts.operation, tree(view, rest), "operation");

const allFields = (view: View, rest: ContentNode): Html =>
  html`<details class="card later" id="fields">
    <summary>${view.texts.results.allFields}</summary>
    ${tree(view, rest)}
  </details>`;

/** Nodes of a JobsDetail that the page shows in places of their own. */
const SHOWN = new Set([
  "JobId",
  "State",
  "Code",
  "Message",
  "Tag",
  "CreationTime",
  "StartTime",
  "EndTime",
  "QueueId",
  "Workflow",
  "Input",
]);

/** What is left of a JobsDetail; an `Operation` alone stands without its name. */
function restOf(detail: ContentNode, withoutResult: boolean): ContentNode {
  const rest = Object.fromEntries(Object.entries(detail).filter(([name]) => !SHOWN.has(name)));
  const { Operation, ...others } = rest;
  if (typeof Operation !== "object" || Array.isArray(Operation)) return rest;
  const operation = Object.entries(Operation).filter(([name]) => !(withoutResult && name === "WordsGeneralizeResult"));
  return { ...Object.fromEntries(operation), ...others };
}

/** Bodies up to this are shown on the page of their job, in bytes; larger ones on their own. */
const BYTES_SHOWN = 32 * 1024;

function bytes(view: View, { delivery, body }: KeptBody): Html | false {
  if (body === null || delivery.size > BYTES_SHOWN) return false;
  return html`<details class="card later" id="bytes">
    <summary>${view.texts.rawBody}</summary>
    ${bodyView(view, delivery, body)}
  </details>`;
}

function inputCard({ texts }: View, { bucket, region, object, detail }: Job): Html | false {
  // Moderation takes an address instead of an object. It is text here, as everywhere.
  const url = object ? null : textAt(detail, "Url");
  if (bucket === null && region === null && object === null && url === null) return false;
  const rows: Fact[] = [
    [texts.fields.bucket, bucket],
    [texts.region, region],
    [texts.fields.object, object === null ? null : breakable(object)],
    [texts.url, url === null ? null : breakable(url)],
  ];
  return card(texts.input, facts(rows));
}

function workflowCard({ texts }: View, workflow: NonNullable<ListedJob["workflow"]>): Html {
  const { runId } = workflow;
  const rows: Fact[] = [
    [texts.workflow, workflow.workflowName ?? workflow.workflowId],
    [texts.step, workflow.name],
    [texts.run, runId === null ? null : idLink(runPath(runId), runId)],
  ];
  return card(texts.workflow, facts(rows));
}

function jobFacts(view: View, job: Job): Html {
  const { texts } = view;
  const rows: Fact[] = [
    [texts.tag, typeWithTag(view, job.tag)],
    [texts.event, job.event],
    [texts.queue, codeOf(job.queueId)],
    [texts.userData, codeOf(job.userData)],
    ...(job.state === "Failed" ? [] : codeAndMessage(texts, job)),
  ];
  return card(texts.facts, facts(rows));
}

function deliveryFacts(view: View, job: Job, delivery: Delivery | null): Html {
  const { texts } = view;
  return facts([
    [texts.deliveryId, delivery && idLink(deliveryPath(delivery.id), `${delivery.id.slice(0, 16)}…`)],
    [texts.received, job.delivery && relativeTime(view, job.delivery.receivedAt)],
    [texts.count, job.delivery && job.delivery.count > 1 ? texts.times(job.delivery.count) : null],
    [texts.format, job.delivery?.format?.toUpperCase() ?? null],
    [texts.contentType, delivery?.contentType ?? null],
    [texts.size, delivery === null ? null : sizeText(delivery.size)],
  ]);
}

/** A job that no callback has named: the page looks again by itself. */
export const unknownJobPage = (view: View, jobId: string, live: Live): Html => {
  const { texts } = view;
  const body = html`<div id="job">
    <div class="notice">
      <p class="crumbs"><a href="/">${texts.jobs}</a></p>
      <h1>${texts.jobUnknown}</h1>
      <p><code>${jobId}</code></p>
      <p class="lead">${texts.jobUnknownLead}</p>
      <p class="waiting">${texts.waiting}</p>
    </div>
  </div>`;
  return layout(view, { title: texts.jobUnknown, body, says: texts.waiting, section: "jobs", live });
};

/** The same for a run. */
export const unknownRunPage = (view: View, runId: string, live: Live): Html => {
  const { texts } = view;
  const body = html`<div class="notice">
    <p class="crumbs"><a href="/ui/runs">${texts.runs}</a></p>
    <h1>${texts.runUnknown}</h1>
    <p><code>${runId}</code></p>
    <p class="lead">${texts.runUnknownLead}</p>
    <p class="waiting">${texts.waiting}</p>
  </div>`;
  return layout(view, { title: texts.runUnknown, body, says: texts.waiting, section: "runs", live });
};
