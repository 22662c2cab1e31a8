/** A job from its creation to its callback, as a list of times with what lay between them. */
import { html } from "hono/html";
import type { ListedJob } from "../answers.ts";
import { between, durationText, exactTime } from "./elements.ts";
import type { Html, View } from "./view.ts";

export function timeline(view: View, { createdAt, startedAt, endedAt, delivery }: ListedJob): Html {
  const { texts } = view;
  const waited = between(createdAt, startedAt);
  const ran = between(startedAt ?? createdAt, endedAt);
  const afterwards = between(endedAt, delivery.receivedAt);
  const say = (milliseconds: number | null, text: (took: string) => string) =>
    milliseconds === null ? "" : text(durationText(view, milliseconds));
  const step = (name: string, iso: string | null, note: string) =>
    html`<li ${iso === null && html`class="unsaid"`}>
      <span class="step">${name}</span> ${iso === null ? texts.notSaid : exactTime(iso)}
      ${note !== "" && html`<span class="note">${note}</span>`}
    </li>`;
  return html`<ol class="timeline">
    ${step(texts.created, createdAt, "")} ${step(texts.started, startedAt, say(waited, texts.waited))}
    ${step(texts.ended, endedAt, say(ran, texts.ranFor))}
    ${step(texts.calledBack, delivery.receivedAt, say(afterwards, texts.afterwards))}
  </ol>`;
}
