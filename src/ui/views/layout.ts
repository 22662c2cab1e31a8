/**
 * The frame of every page. Templates are Hono's `html`: it escapes every value, is plain strings to the end, which
 * ten thousand words of a segmentation feel, and needs no compiler, so that tests read the same files as the Worker.
 * Two rules keep it safe: attributes are quoted, and no address begins with a value that came from outside.
 */
import { html } from "hono/html";
import { type Html, localeOf, numberText, type View } from "../view.ts";

export interface Page {
  title: string;
  body: Html;
  /** What is told aloud when a look of the script finds it changed, such as the state of a job. */
  says?: string;
  /** Where the reader is in the navigation. */
  section?: "jobs" | "runs" | "deliveries" | "quarantine" | "events" | "api";
  live?: Live;
}

/** A page that the script asks for again: it sends `etag`, and patches what has changed. */
export interface Live {
  etag: string;
  everySeconds: number;
}

export const layout = (view: View, { title, body, says, section, live }: Page): Html =>
  html`<!doctype html>
    <html lang="${localeOf(view)}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title === view.texts.product ? title : `${title} · ${view.texts.product}`}</title>
        <link rel="icon" type="image/svg+xml" href="${view.assets.icon}" />
        <link rel="stylesheet" href="${view.assets.style}" />
        <script type="module" src="${view.assets.script}"></script>
      </head>
      <body
        ${live && html`data-etag="${live.etag}" data-every="${live.everySeconds}"`}
        ${says !== undefined && html`data-says="${says}"`}
      >
        <a class="skip" href="#main">${view.texts.skip}</a>
        <header class="top">
          <div class="bar">
            <a class="brand" href="/"
              ><img src="${view.assets.icon}" alt="" width="24" height="24" />${view.texts.product}</a
            >
            ${navigation(view, section)} ${view.isSignedIn && tools(view)}
            <div class="session">${languageSwitch(view)} ${view.isSignedIn && signOutButton(view)}</div>
          </div>
        </header>
        <main id="main" tabindex="-1">${body}</main>
        ${view.isSignedIn && foot(view)}
        <p class="hidden" id="announce" role="status" aria-live="polite"></p>
      </body>
    </html>`;

function navigation(view: View, section: Page["section"]): Html {
  const { texts, quarantined } = view;
  const link = (name: Page["section"], href: string, label: string, count: number | null = null) =>
    html`<a href="${href}" ${section === name && html`aria-current="page"`}
      >${label}${count !== null && count > 0 && html` <span class="count">${numberText(view, count)}</span>`}</a
    >`;
  const behindToken = html`${link("jobs", "/", texts.jobs)}${link("runs", "/ui/runs", texts.runs)}${link("deliveries", "/ui/deliveries", texts.deliveries)}${link("quarantine", "/ui/deliveries?status=quarantined", texts.quarantine, quarantined)}${view.hasEvents && link("events", "/ui/events", texts.events.title)}`;
  return html`<nav class="sections" id="sections" aria-label="${texts.product}">
    ${view.isSignedIn && behindToken}${link("api", "/docs", texts.api)}
  </nav>`;
}

/** The search, and beside it how fresh the page is: a button of the script's, which pauses. */
const tools = ({ texts, search = "" }: View): Html =>
  html`<div class="tools">
    <form class="find" role="search" action="/ui/find">
      <label class="hidden" for="find">${texts.findLabel}</label>
      <input
        id="find"
        name="q"
        type="search"
        required
        maxlength="1024"
        value="${search}"
        placeholder="${texts.findPlaceholder}"
        aria-keyshortcuts="/"
        autocapitalize="off"
        autocomplete="off"
        spellcheck="false"
      />
      <button>${texts.find}</button>
    </form>
    <button
      type="button"
      class="quiet live"
      id="live"
      title="${texts.liveHint}"
      data-on="${texts.live}"
      data-paused="${texts.livePaused}"
      data-offline="${texts.liveOffline}"
      hidden
    ></button>
  </div>`;

/** What script adds: times as the reader wants them. */
const foot = ({ texts }: View): Html =>
  html`<footer class="foot">
    <button type="button" class="quiet" id="times" aria-pressed="false" hidden>${texts.exactTimes}</button>
  </footer>`;

/** The page of an error: what it is, and what to do. */
export const faultPage = (view: View, title: string, lead: Html | string, more: Html | "" = ""): Html =>
  layout(view, {
    title,
    body: html`<div class="notice">
      <h1>${title}</h1>
      <p class="lead">${lead}</p>
      ${more}
    </div>`,
  });

const languageSwitch = ({ texts, here, language }: View): Html =>
  html`<form method="post" action="/ui/language">
    <input type="hidden" name="language" value="${language === "en" ? "zh" : "en"}" />
    <input type="hidden" name="back" value="${here}" />
    <button class="quiet" lang="${language === "en" ? "zh-Hans" : "en"}" title="${texts.otherLanguageLabel}">
      ${texts.otherLanguage}
    </button>
  </form>`;

const signOutButton = ({ texts }: View): Html =>
  html`<form method="post" action="/ui/sign-out"><button class="quiet">${texts.signOut}</button></form>`;
