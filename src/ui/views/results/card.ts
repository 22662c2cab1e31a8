/** The card on top of a job's page: what the job came to, by its family. Segmentations have views of their own. */
import { html } from "hono/html";
import { nodesAt, textAt } from "../../../results/nodes.ts";
import { type JobResult, readResult } from "../../../results/read-result.ts";
import type { Job } from "../../../wire.ts";
import { type Html, numberText, type View } from "../../view.ts";
import { breakable } from "../elements.ts";
import { documentView, fileView, pictureView } from "./files.ts";
import { mediaView } from "./media.ts";
import { moderationView } from "./moderation.ts";
import { ROWS_SHOWN, verdictBadge } from "./parts.ts";
import { speechView, translationView } from "./texts.ts";

/** A result that has a card. */
export type CardResult = Exclude<JobResult, { family: "segmentation" }>;

/** What a job's card shows; null where the job has no result, or a segmentation. */
export function cardResult(job: Job): CardResult | null {
  const read = readResult(job);
  return read === null || read.family === "segmentation" ? null : read;
}

export const resultCard = (view: View, read: CardResult): Html =>
  html`<section class="card result" id="result">
    <h2>${view.texts.results.title}</h2>
    ${contentOf(view, read)}
  </section>`;

function contentOf(view: View, read: CardResult): Html {
  switch (read.family) {
    case "moderation":
      return moderationView(view, read.result);
    case "media":
      return mediaView(view, read.result);
    case "speech":
      return speechView(view, read.result);
    case "translation":
      return translationView(view, read.result);
    case "document":
      return documentView(view, read.result);
    case "picture":
      return pictureView(view, read.result);
    case "file":
      return fileView(view, read.result);
  }
}

/** The verdict of a moderation, to stand beside the state of its job: a job that succeeded may have blocked. */
export const verdictOf = (view: View, read: CardResult | null): Html | false =>
  read?.family === "moderation" && verdictBadge(view, read.result.verdict);

/** A list of `Key` and `Value` of the input; of a moderation, a map by name. */
function headersOf(detail: Job["detail"]): [key: string, value: string][] {
  const nodes = [...nodesAt(detail, "Input", "CosHeaders"), ...nodesAt(detail, "CosHeaders")];
  return nodes.flatMap((node) => {
    const key = textAt(node, "Key");
    if (key !== null) return [[key, textAt(node, "Value") ?? ""]];
    return Object.keys(node).map((name) => [name, textAt(node, name) ?? ""] satisfies [string, string]);
  });
}

/** The headers that the object of the job was uploaded with: names and values in two columns. */
export function headersCard(view: View, { detail }: Pick<Job, "detail">): Html | false {
  const words = view.texts.results;
  const headers = headersOf(detail);
  if (headers.length === 0) return false;
  const hidden = headers.length - ROWS_SHOWN;
  return html`<details class="card later" id="headers">
    <summary>${words.headers} <span class="count">${numberText(view, headers.length)}</span></summary>
    <table class="headers">
      <thead>
        <tr>
          <th scope="col">${words.headerName}</th>
          <th scope="col">${words.headerValue}</th>
        </tr>
      </thead>
      <tbody>
        ${headers.slice(0, ROWS_SHOWN).map(
          ([key, value]) =>
            html`<tr>
              <th scope="row"><code>${key}</code></th>
              <td>${breakable(value)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${hidden > 0 && html`<p class="hint">${view.texts.moreNodes(hidden)}</p>`}
  </details>`;
}
