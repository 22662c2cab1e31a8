// @ts-check
/**
 * A segmentation: one stop of the Tab key, arrows from word to word, an address for each word, parts of speech singled
 * out and texts found in place.
 */

/** @param {string} text */
function announce(text) {
  const region = document.getElementById("announce");
  if (region !== null) region.textContent = text;
}

/** @returns {HTMLElement[]} */
const words = () =>
  [...document.querySelectorAll("#words > [data-p]")].map((word) => /** @type {HTMLElement} */ (word));

/** @param {EventTarget | null} target @returns {HTMLElement | null} */
function wordOf(target) {
  const word = target instanceof Element ? target.closest("#words > [data-p]") : null;
  return word instanceof HTMLElement ? word : null;
}

/** @param {Element | null} word */
function focusWord(word) {
  if (!(word instanceof HTMLElement)) return;
  for (const other of document.querySelectorAll("#words > [tabindex]")) other.removeAttribute("tabindex");
  word.tabIndex = 0;
  word.focus();
}

const STEPS = new Map([
  ["ArrowRight", "nextElementSibling"],
  ["ArrowDown", "nextElementSibling"],
  ["ArrowLeft", "previousElementSibling"],
  ["ArrowUp", "previousElementSibling"],
]);

document.addEventListener("keydown", (event) => {
  const from = wordOf(event.target);
  if (from === null) return;
  /** @type {Element | null} */
  let to = from;
  const step = STEPS.get(event.key);
  if (step !== undefined) {
    do to = /** @type {any} */ (to)[step];
    while (to !== null && (wordOf(to) === null || to.classList.contains("dim")));
  } else if (event.key === "Home" || event.key === "End") to = words().at(event.key === "Home" ? 0 : -1) ?? null;
  else return;
  event.preventDefault();
  focusWord(to);
});

document.addEventListener("click", ({ target }) => focusWord(wordOf(target)));

/* The word that has the focus is in the address, to be passed on. */

document.addEventListener("focusin", ({ target }) => {
  const word = wordOf(target);
  if (word === null) return;
  announce(word.dataset.d ?? "");
  if (location.hash !== `#${word.id}`) history.replaceState(null, "", `#${word.id}`);
});

function goToTarget() {
  const word = wordOf(document.getElementById(location.hash.slice(1)));
  if (word !== null && word !== document.activeElement) focusWord(word);
}

window.addEventListener("hashchange", goToTarget);

/* Parts of speech singled out. */

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
  const chosen = new Set(parts);
  for (const word of words()) word.classList.toggle("dim", chosen.size > 0 && !chosen.has(word.dataset.p ?? ""));
  document.querySelector("#legend .all")?.toggleAttribute("hidden", parts.length === 0);
  setParameter("pos", parts);
});

/** @param {string} name @param {string[]} values */
function setParameter(name, values) {
  const url = new URL(location.href);
  url.searchParams.delete(name);
  for (const value of values) url.searchParams.append(name, value);
  history.replaceState(null, "", url);
}

/* Texts found, which may go over several words. */

/** The first word of each occurrence. @type {HTMLElement[]} */
let found = [];

/** @param {string} text */
const folded = (text) => (text.toLowerCase().length === text.length ? text.toLowerCase() : text);

/** @param {string} query */
function find(query) {
  const paragraph = document.getElementById("words");
  if (paragraph === null) return;
  /** @type {(HTMLElement | null)[]} */
  const wordAt = [];
  let text = "";
  for (const piece of paragraph.children) {
    const word = wordOf(piece);
    word?.classList.remove("hit");
    // A tag under a word is not of its text.
    const own = word === null ? (piece.localName === "i" ? "\ufffc" : "") : folded(word.firstChild?.textContent ?? "");
    text += own + (word !== null && paragraph.classList.contains("loose") ? "\ufffc" : "");
    while (wordAt.length < text.length) wordAt.push(word);
  }
  const wanted = folded(query);
  found = [];
  for (let at = wanted === "" ? -1 : text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length)) {
    const hit = wordAt.slice(at, at + wanted.length);
    for (const word of hit) word?.classList.add("hit");
    if (hit[0]) found.push(hit[0]);
  }
  const output = document.getElementById("found");
  const { none = "", some = "" } = output?.dataset ?? {};
  const says = wanted === "" ? "" : found.length === 0 ? none : some.replace("{n}", String(found.length));
  if (output !== null) output.textContent = says;
  announce(says);
  document.getElementById("next-found")?.toggleAttribute("hidden", found.length === 0);
  setParameter("find", query === "" ? [] : [query]);
}

/** The occurrence after the word that has the focus, and after the last one the first. */
function goToNext() {
  const here = document.querySelector("#words > [tabindex]");
  const after = (/** @type {HTMLElement} */ word) =>
    here !== null && (here.compareDocumentPosition(word) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
  const isAtFirst = here === found[0] && document.activeElement !== here;
  focusWord((isAtFirst ? found[0] : (found.find(after) ?? found[0])) ?? null);
}

document.addEventListener("submit", (event) => {
  const field = document.getElementById("find-word");
  if (!(event.target instanceof Element) || event.target.id !== "finder" || !(field instanceof HTMLInputElement))
    return;
  event.preventDefault();
  event.stopImmediatePropagation();
  find(field.value);
});

document.addEventListener("click", (event) => {
  if (!(event.target instanceof Element) || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest("[data-find], #next-found");
  if (!(link instanceof HTMLElement) || document.getElementById("words") === null) return;
  event.preventDefault();
  const { find: text } = link.dataset;
  const field = document.getElementById("find-word");
  if (text !== undefined) {
    if (field instanceof HTMLInputElement) field.value = text;
    find(text);
    focusWord(found[0] ?? null);
    return;
  }
  if (found.length === 0 && field instanceof HTMLInputElement) find(field.value);
  goToNext();
});

/* Where there is room the legend is open, also where the stylesheet cannot see to it. */

const key = document.getElementById("legend");
const isShown = CSS.supports("selector(::details-content)") || !matchMedia("(min-width: 46rem)").matches;
if (key instanceof HTMLDetailsElement && !isShown) key.open = true;
if (location.hash !== "") goToTarget();
