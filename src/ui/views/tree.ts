/**
 * Any content of the provider as a tree to read: names as it writes them, values as they were sent. An address in a
 * value is text here: nothing is linked, shown as a picture, or fetched.
 */
import { html } from "hono/html";
import type { Content, ContentNode } from "../../callback/types.ts";
import type { Html, View } from "../view.ts";

/** Nodes and leaves shown of one tree: the rest is in the bytes, and a page of a million rows helps nobody. */
const NODES_SHOWN = 2_000;

/** Lists longer than this are folded. */
const ITEMS_UNFOLDED = 8;

export function tree(view: View, node: ContentNode): Html {
  const budget = { left: NODES_SHOWN };
  const body = members(view, node, budget);
  const hidden = sizeOf(node) - NODES_SHOWN;
  return html`<div class="tree">
    ${body}${hidden > 0 && html`<p class="hint">${view.texts.moreNodes(hidden)}</p>`}
  </div>`;
}

function members(view: View, node: ContentNode, budget: { left: number }): Html {
  const rows: Html[] = [];
  for (const [name, content] of Object.entries(node)) {
    if (budget.left <= 0) break;
    budget.left -= 1;
    rows.push(
      html`<div>
        <dt>${name}</dt>
        <dd>${value(view, content, budget)}</dd>
      </div>`,
    );
  }
  return rows.length === 0 ? leaf(view, "") : html`<dl>${rows}</dl>`;
}

function value(view: View, content: Content, budget: { left: number }): Html {
  if (typeof content !== "object") return leaf(view, String(content));
  return Array.isArray(content) ? list(view, content, budget) : members(view, content, budget);
}

function list(view: View, items: readonly Content[], budget: { left: number }): Html {
  const rows: Html[] = [];
  for (const item of items) {
    if (budget.left <= 0) break;
    budget.left -= 1;
    rows.push(html`<li>${value(view, item, budget)}</li>`);
  }
  const isLong = items.length > ITEMS_UNFOLDED;
  return html`<details ${!isLong && "open"}>
    <summary>${view.texts.items(items.length)}</summary>
    <ol>
      ${rows}
    </ol>
  </details>`;
}

const leaf = ({ texts }: View, text: string): Html =>
  text === "" ? html`<span class="note">${texts.emptyNode}</span>` : html`<span class="leaf">${text}</span>`;

function sizeOf(content: Content): number {
  if (typeof content !== "object") return 0;
  return Object.values(content).reduce((total: number, child) => total + 1 + sizeOf(child), 0);
}
