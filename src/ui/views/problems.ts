/** What each problem means, for people: the texts of src/problems.ts, which are in English alone. */
import { html } from "hono/html";
import { PROBLEMS, type ProblemCode } from "../../problems.ts";
import { layout } from "./layout.ts";
import type { Html, View } from "../view.ts";

export function problemPage(view: View, code: ProblemCode): Html {
  const { texts } = view;
  const { title, status, meaning, remedy } = PROBLEMS[code];
  const body = html`<article class="prose">
    <p class="crumbs"><a href="/problems">${texts.allProblems}</a></p>
    <div lang="en">
      <h1>${title}</h1>
      <p class="under">
        <span class="badge" data-tone="${status < 500 ? "busy" : "bad"}">HTTP ${status}</span>
        <code>/problems/${code}</code>
      </p>
    </div>
    <h2>${texts.whatItMeans}</h2>
    <p lang="en">${meaning}</p>
    <h2>${texts.whatToDo}</h2>
    <p lang="en">${remedy}</p>
  </article>`;
  return layout(view, { title, body, section: "api" });
}

export function problemsPage(view: View): Html {
  const { texts } = view;
  const rows = Object.entries(PROBLEMS).toSorted(([, a], [, b]) => a.status - b.status);
  const body = html`<div class="head"><h1>${texts.problemsTitle}</h1></div>
    <p class="lead">${texts.problemsLead}</p>
    <ul class="problems" lang="en">
      ${rows.map(([code, { status, title }]) => html`<li><span class="badge" data-tone="${status < 500 ? "busy" : "bad"}">${status}</span> <a href="/problems/${code}">${title}</a> <code>${code}</code></li>`)}
    </ul>`;
  return layout(view, { title: texts.problemsTitle, body, section: "api" });
}
