/** A job from its creation to its callback, as a list of times with what lay between them. */
import { html } from "hono/html";
import type { ListedJob } from "../../wire.ts";
import { between, durationText, exactTime } from "./elements.ts";
import type { Html, View } from "../view.ts";

export function timeline(view: View, { createdAt, startedAt, endedAt, delivery, source }: ListedJob): Html {
  const { texts } = view;
  const calledBackAt = delivery?.receivedAt ?? null;
  const took = (from: string | null, to: string | null, text: (took: string) => string) => {
    const milliseconds = between(from, to);
    return milliseconds === null ? "" : text(durationText(view, milliseconds));
  };
  // Without its start, how long a job ran is not known, only how long after its creation it ended.
  const untilEnd =
    startedAt === null ? took(createdAt, endedAt, texts.afterwards) : took(startedAt, endedAt, texts.ranFor);
  const step = (name: string, iso: string | null, note: string) =>
    html`<li ${iso === null && html`class="unsaid"`}>
      <span class="step">${name}</span> ${iso === null ? texts.notSaid : exactTime(iso)}
      ${note !== "" && html`<span class="note">${note}</span>`}
    </li>`;
  return html`<ol class="timeline">
    ${step(texts.created, createdAt, "")} ${step(texts.started, startedAt, took(createdAt, startedAt, texts.waited))}
    ${step(texts.ended, endedAt, untilEnd)}
    ${step(source === "reconcile" ? texts.asking.answered : texts.calledBack, calledBackAt, took(endedAt, calledBackAt, texts.afterwards))}
  </ol>`;
}
