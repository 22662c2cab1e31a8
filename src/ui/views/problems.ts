/** What each problem means, for people: the texts of src/problems.ts, in the language of the reader. */
import { html } from "hono/html";
import { PROBLEMS, type ProblemCode } from "../../problems.ts";
import { withCode } from "./elements.ts";
import { faultPage, layout } from "./layout.ts";
import type { Html, View } from "../view.ts";

export function problemPage(view: View, code: ProblemCode): Html {
  const { texts } = view;
  const { status } = PROBLEMS[code];
  const { title, meaning, remedy } = texts.problems[code];
  const body = html`<article class="prose">
    <p class="crumbs"><a href="/problems">${texts.allProblems}</a></p>
    <h1>${title}</h1>
    <p class="under">
      <span class="badge" data-tone="${status < 500 ? "busy" : "bad"}">HTTP ${status}</span>
      <code>/problems/${code}</code>
    </p>
    <h2>${texts.whatItMeans}</h2>
    <p>${withCode(meaning)}</p>
    <h2>${texts.whatToDo}</h2>
    <p>${withCode(remedy)}</p>
  </article>`;
  return layout(view, { title, body, section: "api" });
}

export function problemsPage(view: View): Html {
  const { texts } = view;
  const rows = (Object.keys(PROBLEMS) as ProblemCode[]).toSorted((a, b) => PROBLEMS[a].status - PROBLEMS[b].status);
  const row = (code: ProblemCode) =>
    html`<li>
      <span class="badge" data-tone="${PROBLEMS[code].status < 500 ? "busy" : "bad"}">${PROBLEMS[code].status}</span>
      <a href="/problems/${code}">${texts.problems[code].title}</a> <code>${code}</code>
    </li>`;
  const body = html`<h1>${texts.problemsTitle}</h1>
    <p class="lead">${texts.problemsLead}</p>
    <ul class="problems">
      ${rows.map(row)}
    </ul>`;
  return layout(view, { title: texts.problemsTitle, body, section: "api" });
}

/**
 * A problem that a page has met: what it means and what to do, and what happened this time, which is in English alone
 * and left out where the meaning says it already.
 */
export function problemFault(view: View, code: ProblemCode, detail: string): Html {
  const { title, meaning, remedy } = view.texts.problems[code];
  const more = html`${!PROBLEMS[code].meaning.includes(detail) && html`<p lang="en">${detail}</p>`}
    <p>${withCode(remedy)}</p>
    <p>
      <a href="/">${view.texts.jobs}</a> ·
      <a href="/problems/${code}"><code>/problems/${code}</code></a>
    </p>`;
  return faultPage(view, title, html`${withCode(meaning)}`, more);
}
