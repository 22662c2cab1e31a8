// @ts-check
/**
 * The one script of the pages. Everything is there without it, but pages do not then keep themselves up to date,
 * the words of a segmentation are each a stop of the Tab key, and text is copied by hand.
 */

const locale = document.documentElement.lang;

/* Relative times stay true while the page is open, and say the reader's own time on hover. */

const UNITS = /** @type {const} */ ([
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
]);
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
const exact = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "long" });

function tellTimes() {
  for (const time of document.querySelectorAll("time")) {
    const at = Date.parse(time.dateTime);
    if (!time.dataset.exact) {
      time.dataset.exact = time.title || time.textContent || "";
      time.title = `${exact.format(at)} (${time.dataset.exact})`;
    }
    if (!("relative" in time.dataset)) continue;
    const seconds = Math.round((at - Date.now()) / 1000);
    const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
    time.textContent = relative.format(Math.trunc(seconds / size), unit);
  }
}

/* Buttons that copy. */

function showCopyButtons() {
  for (const button of document.querySelectorAll("[data-copy]")) button.removeAttribute("hidden");
}

document.addEventListener("click", ({ target }) => {
  const button = target instanceof Element ? target.closest("[data-copy]") : null;
  if (button instanceof HTMLButtonElement) void copyFor(button);
});

/** @param {HTMLButtonElement} button */
async function copyFor(button) {
  const source = document.getElementById(button.dataset.copy ?? "");
  await navigator.clipboard.writeText(source?.textContent ?? "");
  const label = button.textContent;
  button.textContent = button.dataset.done ?? label;
  setTimeout(() => (button.textContent = label), 1500);
}

/* A segmentation: one stop of the Tab key, arrows from word to word, the legend in place. */

/** @returns {HTMLElement[]} */
const words = () => [...document.querySelectorAll("#words > span")].map((word) => /** @type {HTMLElement} */ (word));

function rove() {
  for (const word of words().slice(1)) word.tabIndex = -1;
}

const STEPS = new Map([
  ["ArrowRight", "nextElementSibling"],
  ["ArrowDown", "nextElementSibling"],
  ["ArrowLeft", "previousElementSibling"],
  ["ArrowUp", "previousElementSibling"],
]);

document.addEventListener("keydown", (event) => {
  const from = event.target;
  if (!(from instanceof HTMLElement) || from.parentElement?.id !== "words") return;
  /** @type {Element | null} */
  let to = null;
  const step = STEPS.get(event.key);
  if (step !== undefined) {
    to = from;
    do to = /** @type {any} */ (to)[step];
    while (to !== null && (to.tagName !== "SPAN" || to.classList.contains("dim")));
  } else if (event.key === "Home" || event.key === "End") to = words().at(event.key === "Home" ? 0 : -1) ?? null;
  else return;
  event.preventDefault();
  if (to instanceof HTMLElement) focusWord(from, to);
});

/** @param {HTMLElement} from @param {HTMLElement} to */
function focusWord(from, to) {
  from.tabIndex = -1;
  to.tabIndex = 0;
  to.focus();
}

document.addEventListener("focusin", ({ target }) => {
  if (!(target instanceof HTMLElement) || target.parentElement?.id !== "words") return;
  announce(target.dataset.d ?? "");
});

document.addEventListener("click", (event) => {
  const key = event.target instanceof Element ? event.target.closest("#legend [data-part]") : null;
  if (!(key instanceof HTMLAnchorElement) || document.getElementById("words") === null) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const keys = [...document.querySelectorAll("#legend .key")].map((other) => /** @type {HTMLElement} */ (other));
  if (key.dataset.part === "") for (const other of keys) other.removeAttribute("aria-current");
  else if (!key.hasAttribute("aria-current")) key.setAttribute("aria-current", "true");
  else key.removeAttribute("aria-current");
  const parts = keys.filter((other) => other.hasAttribute("aria-current")).map((other) => other.dataset.part ?? "");
  singleOut(parts);
  document.querySelector("#legend .all")?.toggleAttribute("hidden", parts.length === 0);
  const url = new URL(location.href);
  url.searchParams.delete("pos");
  for (const part of parts) url.searchParams.append("pos", part);
  history.replaceState(null, "", url);
});

/** @param {string[]} parts */
function singleOut(parts) {
  const chosen = new Set(parts);
  for (const word of words()) word.classList.toggle("dim", chosen.size > 0 && !chosen.has(word.dataset.p ?? ""));
}

/** @param {string} text */
function announce(text) {
  const region = document.getElementById("announce");
  if (region !== null) region.textContent = text;
}

/* Pages that look again: the page is asked for with its ETag, less often the longer it stays the same. */

const SLOWEST_SECONDS = 30;
let quietRounds = 0;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

function lookAgainLater() {
  clearTimeout(timer);
  const every = Number(document.body.dataset.every);
  if (!every || document.hidden) return;
  const seconds = Math.max(every, Math.min(SLOWEST_SECONDS, every * 1.2 ** Math.max(0, quietRounds - 20)));
  timer = setTimeout(() => void lookAgain(), seconds * 1000);
}

async function lookAgain() {
  try {
    const headers = { "if-none-match": document.body.dataset.etag ?? "" };
    const response = await fetch(location.href, { headers, cache: "no-store" });
    if (response.status === 401) return location.reload();
    quietRounds += 1;
    if (response.status === 200 || response.status === 404) {
      quietRounds = 0;
      takeOver(new DOMParser().parseFromString(await response.text(), "text/html"));
    }
  } catch {
    quietRounds += 1;
  }
  lookAgainLater();
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (document.hidden || !document.body.dataset.every) return;
  quietRounds = 0;
  void lookAgain();
});

/** @param {Document} fresh */
function takeOver(fresh) {
  for (const name of ["etag", "every"]) {
    const value = fresh.body.dataset[name];
    if (value === undefined) delete document.body.dataset[name];
    else document.body.dataset[name] = value;
  }
  for (const part of document.querySelectorAll("[data-live]")) {
    const now = fresh.getElementById(part.id);
    if (now === null) continue;
    if (part instanceof HTMLElement && part.dataset.live === "list") mergeRows(part, now);
    else if (part.innerHTML !== now.innerHTML) part.innerHTML = now.innerHTML;
  }
  enhance();
}

/** @type {Element[]} Rows that wait until the reader wants them. */
let waiting = [];

/** Rows that are there are brought up to date in their place; new ones come on top, now or when the reader asks.
 * @param {HTMLElement} list @param {Element} now */
function mergeRows(list, now) {
  const rows = new Map([...list.children].map((row) => [row.getAttribute("data-key"), row]));
  /** @type {Element[]} */
  const news = [];
  for (const row of now.children) {
    const old = rows.get(row.getAttribute("data-key"));
    if (old === undefined) news.push(row);
    else if (
      old.getAttribute("data-version") !== row.getAttribute("data-version") &&
      !old.contains(document.activeElement)
    )
      old.replaceWith(row.cloneNode(true));
  }
  waiting = news;
  if (news.length === 0) return;
  const isBusyHere = window.scrollY > 0 || list.contains(document.activeElement) || list.matches(":hover");
  if (isBusyHere && rows.size > 0) offerRows(list);
  else showRows(list);
}

/** @param {number} count @param {HTMLElement} button */
const newsText = (count, button) =>
  (count === 1 ? button.dataset.one : button.dataset.many?.replace("{n}", String(count))) ?? "";

/** @param {HTMLElement} list */
function offerRows(list) {
  const button = document.getElementById(list.dataset.news ?? "");
  if (button === null) return;
  button.hidden = false;
  button.textContent = newsText(waiting.length, button);
  announce(button.textContent);
}

document.getElementById("news")?.addEventListener("click", () => {
  const list = document.querySelector("[data-live=list]");
  if (list instanceof HTMLElement) showRows(list);
  window.scrollTo({ top: 0 });
});

/** @param {HTMLElement} list */
function showRows(list) {
  const button = document.getElementById(list.dataset.news ?? "");
  if (button !== null) {
    button.hidden = true;
    announce(newsText(waiting.length, button));
  }
  for (const row of waiting) row.classList.add("fresh");
  list.prepend(...waiting);
  waiting = [];
  tellTimes();
}

function enhance() {
  tellTimes();
  showCopyButtons();
  rove();
}

enhance();
setInterval(tellTimes, 20_000);
lookAgainLater();
