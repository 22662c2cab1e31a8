// @ts-check
/**
 * Pages that look again. The page is asked for with its ETag, less often the longer it stays the same, and what came
 * is patched into what is there: elements are kept by their keys, so that focus, scroll, selection and what the reader
 * has opened stay. Rows of a list come when the reader is not in it, else behind a button.
 */

/** @param {string} text */
function announce(text) {
  const region = document.getElementById("announce");
  if (region !== null) region.textContent = text;
}

/* When to look. */

const SLOWEST_SECONDS = 30;
let quietRounds = 0;
let checkedAt = Date.now();
let isPaused = false;
let isOffline = false;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

const everySeconds = () => Number(document.body.dataset.every ?? 0);

function lookAgainLater() {
  clearTimeout(timer);
  tellStatus();
  const every = everySeconds();
  if (every === 0 || document.hidden || isPaused) return;
  const seconds = Math.max(every, Math.min(SLOWEST_SECONDS, every * 1.2 ** Math.max(0, quietRounds - 20)));
  timer = setTimeout(() => void lookAgain(), seconds * 1000);
}

async function lookAgain() {
  clearTimeout(timer);
  quietRounds += 1;
  try {
    const headers = { "if-none-match": document.body.dataset.etag ?? "" };
    const response = await fetch(location.href, { headers, cache: "no-store" });
    if (response.status === 401) return location.reload();
    // A page about what is not known yet is one, too.
    setOffline(![200, 304, 404].includes(response.status));
    if (!isOffline) checkedAt = Date.now();
    if (!isOffline && response.status !== 304) {
      quietRounds = 0;
      takeOver(new DOMParser().parseFromString(await response.text(), "text/html"));
    }
  } catch {
    setOffline(true);
  }
  lookAgainLater();
}

function lookNow() {
  if (everySeconds() === 0 || document.hidden || isPaused) return lookAgainLater();
  quietRounds = 0;
  void lookAgain();
}

document.addEventListener("visibilitychange", lookNow);
window.addEventListener("online", lookNow);
window.addEventListener("offline", () => setOffline(true));

/* What is said of it: a button that pauses. */

const status = document.getElementById("live");
const ago = new Intl.RelativeTimeFormat(document.documentElement.lang, { style: "narrow", numeric: "auto" });

function tellStatus() {
  if (status === null) return;
  status.hidden = everySeconds() === 0;
  const { on = "", paused = "", offline = "" } = status.dataset;
  const seconds = Math.round((Date.now() - checkedAt) / 1000);
  const text = isPaused ? paused : isOffline ? offline : `${on} · ${ago.format(-seconds, "second")}`;
  if (status.textContent !== text) status.textContent = text;
  status.dataset.tone = isPaused ? "still" : isOffline ? "bad" : "good";
  status.setAttribute("aria-pressed", String(isPaused));
}

/** @param {boolean} now */
function setOffline(now) {
  if (isOffline === now) return;
  isOffline = now;
  tellStatus();
  announce((now ? status?.dataset.offline : status?.dataset.on) ?? "");
}

status?.addEventListener("click", () => {
  isPaused = !isPaused;
  lookNow();
});
setInterval(tellStatus, 1000);

/* Taking over what came. */

/** @param {Document} fresh */
function takeOver(fresh) {
  const focused = document.activeElement;
  const { says } = fresh.body.dataset;
  if (says !== undefined && says !== document.body.dataset.says) announce(says);
  for (const name of ["etag", "every", "says"]) {
    const value = fresh.body.dataset[name];
    if (value === undefined) delete document.body.dataset[name];
    else document.body.dataset[name] = value;
  }
  document.title = fresh.title;
  for (const id of ["sections", "main"]) {
    const [old, now] = [document.getElementById(id), fresh.getElementById(id)];
    if (old !== null && now !== null) patch(old, now);
  }
  if (focused instanceof HTMLElement && focused !== document.activeElement && focused.isConnected)
    focused.focus({ preventScroll: true });
  document.dispatchEvent(new Event("updated"));
}

/** What names an element among those beside it. @param {Node} node */
const keyOf = (node) => (node instanceof Element ? node.getAttribute("data-key") || node.id || null : null);

/** Makes a node what another one is, but for what the script or the reader has made of it. @param {Node} old @param {Node} now */
function patch(old, now) {
  if (old.isEqualNode(now)) return;
  if (!(old instanceof Element) || !(now instanceof Element)) {
    old.nodeValue = now.nodeValue;
    return;
  }
  if (old.matches("[data-copy], [data-script]")) return;
  if (old instanceof HTMLTimeElement && old.dateTime === now.getAttribute("datetime")) return;
  patchAttributes(old, now);
  if (old instanceof HTMLElement && old.dataset.live === "list") patchList(old, now);
  else patchChildren(old, now);
}

/** @param {Element} old @param {Element} now */
function patchAttributes(old, now) {
  const isReaders = (/** @type {string} */ name) => old.localName === "details" && name === "open";
  for (const { name, value } of now.attributes)
    if (!isReaders(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of Array.from(old.attributes))
    if (!isReaders(name) && !now.hasAttribute(name)) old.removeAttribute(name);
}

/** @param {Element} old @param {Element} now */
function patchChildren(old, now) {
  const keys = new Set([...now.children].map(keyOf));
  /** @type {Map<string, Element>} */
  const keyed = new Map();
  for (const child of Array.from(old.children)) {
    const key = keyOf(child);
    if (key === null) continue;
    if (keys.has(key)) keyed.set(key, child);
    else if (!child.contains(document.activeElement)) child.remove();
  }
  /** @type {ChildNode | null} */
  let at = old.firstChild;
  for (const next of now.childNodes) {
    const key = keyOf(next);
    const match = key === null ? sameKindFrom(at, next) : (keyed.get(key) ?? null);
    if (match === null || match.nodeName !== next.nodeName) old.insertBefore(document.importNode(next, true), at);
    else {
      if (match === at) at = at.nextSibling;
      else old.insertBefore(match, at);
      patch(match, next);
    }
  }
  while (at !== null) {
    const rest = at;
    at = at.nextSibling;
    if (!rest.contains(document.activeElement)) rest.remove();
  }
}

/** The first node from there on that has no key and is of the same kind. @param {ChildNode | null} from @param {Node} kind */
function sameKindFrom(from, kind) {
  for (let node = from; node !== null; node = node.nextSibling)
    if (node.nodeName === kind.nodeName && keyOf(node) === null) return node;
  return null;
}

/* Lists: the first page of each, last received first. */

/** What came last of a list, to be shown when the reader wants it. @type {Element | null} */
let latest = null;

/** @param {Element} list */
const rowsOf = (list) =>
  [...list.children].flatMap((row) => (row instanceof HTMLElement && row.dataset.key ? [row] : []));

/** @param {HTMLElement} list @param {Element} now */
function patchList(list, now) {
  const fresh = new Map(rowsOf(now).map((row) => [row.dataset.key, row]));
  const isWhole = now.getAttribute("data-more") === null;
  const oldest = Math.min(...[...fresh.values()].map((row) => Number(row.dataset.place)));
  for (const row of rowsOf(list)) {
    const next = fresh.get(row.dataset.key);
    if (next !== undefined) patch(row, next);
    // It would be on this page if the list still had it. Where the reader is just on it, it stays until they leave.
    else if ((isWhole || Number(row.dataset.place) > oldest) && !row.contains(document.activeElement)) row.remove();
  }
  const isBusy = window.scrollY > 0 || list.contains(document.activeElement) || list.matches(":hover");
  latest = now;
  const { count, text } = newsOf(list, now);
  if (count > 0 && isBusy && rowsOf(list).length > 0) offer(text);
  else if (count > 0 || !isBusy) showLatest();
}

/** How many rows the reader has not got, in words; with `+` where the page has no other, since more may have come. @param {Element} list @param {Element} now */
function newsOf(list, now) {
  const known = new Set(rowsOf(list).map((row) => row.dataset.key));
  const rows = rowsOf(now);
  const count = rows.filter((row) => !known.has(row.dataset.key)).length;
  const isCut = known.size > 0 && count === rows.length && now.getAttribute("data-more") !== null;
  const { one = "", many = "" } = document.getElementById("news")?.dataset ?? {};
  return { count, isCut, text: count === 1 ? one : many.replace("{n}", `${count}${isCut ? "+" : ""}`) };
}

/** @param {string} text */
function offer(text) {
  const button = document.getElementById("news");
  if (button === null) return;
  button.hidden = false;
  if (button.textContent !== text) announce(text);
  button.textContent = text;
}

function showLatest() {
  const list = document.querySelector("[data-live=list]");
  const button = document.getElementById("news");
  if (list === null || latest === null) return;
  const known = new Set(rowsOf(list).map((row) => row.dataset.key));
  const { count, isCut, text } = newsOf(list, latest);
  patchChildren(list, latest);
  for (const row of rowsOf(list)) row.classList.toggle("fresh", !known.has(row.dataset.key));
  if (isCut) list.append(gapAfter(list));
  if (button !== null) button.hidden = true;
  if (count > 0) announce(text);
  document.dispatchEvent(new Event("updated"));
}

/** Says that between these rows and those that were here there are others. @param {Element} list */
function gapAfter(list) {
  const gap = document.createElement("li");
  gap.className = "gap";
  gap.textContent = list.getAttribute("data-gap");
  return gap;
}

document.getElementById("news")?.addEventListener("click", () => {
  showLatest();
  window.scrollTo({ top: 0 });
});

lookAgainLater();
