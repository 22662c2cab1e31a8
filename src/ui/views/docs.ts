/** The OpenAPI document as a page to read: each operation with its parameters, answers and their shape. In English, as it is. */
import { html } from "hono/html";
import { PROBLEMS } from "../../problems.ts";
import { layout } from "./layout.ts";
import { type Schema, shapeOf } from "./schema-text.ts";
import { type Html, localeOf, type View } from "../view.ts";

const METHODS = ["get", "post", "put", "delete"] as const;

/** The parts of an OpenAPI document that the page shows. */
export interface Contract {
  info: { title: string; version: string; description?: string };
  paths?: Record<string, Partial<Record<(typeof METHODS)[number], Operation>>>;
  components?: { schemas?: Record<string, Schema> };
}

interface Operation {
  operationId?: string;
  summary?: string;
  description?: string;
  security?: readonly unknown[];
  parameters?: readonly Parameter[];
  requestBody?: { content?: Content };
  responses?: Record<string, Answer>;
}

interface Parameter {
  name?: string;
  in?: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}

type Content = Record<string, { schema?: Schema }>;

interface Answer {
  description?: string;
  content?: Content;
}

export function docsPage(view: View, contract: Contract): Html {
  const { texts } = view;
  const operations = Object.entries(contract.paths ?? {}).flatMap(([path, methods]) =>
    METHODS.flatMap((method) => (methods[method] === undefined ? [] : [{ path, method, operation: methods[method] }])),
  );
  const body = html`<h1>${texts.docsTitle}</h1>
    <p class="lead">${texts.docsLead}</p>
    <p><a href="/openapi.json">${texts.docsJson}</a> · <a href="/problems">${texts.allProblems}</a></p>
    <div class="columns docs">
      <nav class="margin card" aria-label="${texts.docsTitle}">
        <ul class="plain" lang="en">
          ${operations.map(({ path, method, operation }) => html`<li><a href="#${idOf(path, method, operation)}">${signature(method, path)}</a></li>`)}
        </ul>
      </nav>
      <div class="matter" lang="en">
        ${operations.map(({ path, method, operation }) => operationCard(view, idOf(path, method, operation), method, path, operation, contract))}
      </div>
    </div>`;
  return layout(view, { title: texts.docsTitle, body, section: "api" });
}

const idOf = (path: string, method: string, { operationId }: Operation): string => operationId ?? `${method}${path}`;

const signature = (method: string, path: string): Html =>
  html`<code><span class="method" data-method="${method}">${method.toUpperCase()}</span> ${path}</code>`;

function operationCard(
  view: View,
  id: string,
  method: string,
  path: string,
  operation: Operation,
  contract: Contract,
): Html {
  const { texts } = view;
  const ours = html`lang="${localeOf(view)}"`;
  const { summary, description, security = [], parameters = [], requestBody, responses = {} } = operation;
  return html`<section class="card operation" id="${id}">
    <h2>${signature(method, path)}</h2>
    <p>
      <strong>${summary}</strong> ${security.length > 0 && html`<span class="note" ${ours}>${texts.needsToken}</span>`}
    </p>
    ${description !== undefined && html`<p>${withProblems(description)}</p>`}
    ${
      parameters.length > 0 &&
      html`<h3 ${ours}>${texts.parametersOf}</h3>
        <dl class="facts">${parameters.map((parameter) => parameterRow(view, parameter, contract))}</dl>`
    }
    ${
      requestBody?.content !== undefined &&
      html`<h3 ${ours}>${texts.body}</h3>
        ${shapesOf(requestBody.content, contract)}`
    }
    <h3 ${ours}>${texts.answers}</h3>
    <dl class="facts">${Object.entries(responses).map(([status, answer]) => answerRow(status, answer, contract))}</dl>
  </section>`;
}

const parameterRow = (
  view: View,
  { name, in: place, required, description, schema }: Parameter,
  contract: Contract,
): Html =>
  html`<div>
    <dt><code>${name}</code></dt>
    <dd>
      ${shapeOf(schema ?? {}, contract.components?.schemas ?? {})}
      <span class="note"
        >${place} ·
        <span lang="${localeOf(view)}">${required === true ? view.texts.required : view.texts.optional}</span></span
      >${description !== undefined && html` ${withProblems(description)}`}
    </dd>
  </div>`;

const answerRow = (status: string, { description = "", content = {} }: Answer, contract: Contract): Html =>
  html`<div>
    <dt><code>${status}</code></dt>
    <dd>${withProblems(description)}${shapesOf(content, contract)}</dd>
  </div>`;

function shapesOf(content: Content, contract: Contract): Html[] {
  return Object.entries(content).map(([type, { schema }]) => {
    const shape =
      type === "application/json" && schema !== undefined ? shapeOf(schema, contract.components?.schemas ?? {}) : "";
    const isLong = shape.includes("\n");
    return isLong
      ? html`<details>
          <summary><code>${type}</code></summary>
          <pre tabindex="0" role="region" aria-label="${type}"><code>${shape}</code></pre>
        </details>`
      : html` <code class="note">${type}</code>`;
  });
}

/** Text with the parts between backticks as code; the code of a problem is a link to what it means. */
function withProblems(text: string): Html[] {
  return text.split("`").map((part, index) => {
    if (index % 2 === 0) return html`${part}`;
    return Object.hasOwn(PROBLEMS, part)
      ? html`<a href="/problems/${part}"><code>${part}</code></a>`
      : html`<code>${part}</code>`;
  });
}
