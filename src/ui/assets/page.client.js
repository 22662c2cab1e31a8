// @ts-check
/** What every page has with script: times in the reader's zone, buttons that copy, and keys. */

const locale = document.documentElement.lang;

/** @param {string} text */
function announce(text) {
  const region = document.getElementById("announce");
  if (region !== null) region.textContent = text;
}

/* Times: how long ago, or exactly, as the reader chose. Each says both, in the reader's zone and in UTC. */

const UNITS = /** @type {const} */ ([
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
]);
const short = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
/** Chinese reads better in the short form everywhere: `5秒前`, not `5秒钟前`. */
const long = locale.startsWith("zh") ? short : new Intl.RelativeTimeFormat(locale, { numeric: "auto" });

/** @param {number} number */
const two = (number) => String(number).padStart(2, "0");

/** `2026-03-01 16:00:09`, of a time that was moved to its zone. @param {number} at */
const clock = (at) => new Date(at).toISOString().slice(0, 19).replace("T", " ");

/** In the reader's zone with its offset, and in UTC: without the date where that is the same, "" where all of it is. @param {number} at */
function exactParts(at) {
  const minutes = -new Date(at).getTimezoneOffset();
  if (minutes === 0) return [`${clock(at)} UTC`, ""];
  const there = clock(at + minutes * 60_000);
  const utc = clock(at);
  const ahead = Math.abs(minutes);
  const offset = `${minutes < 0 ? "−" : "+"}${two(Math.floor(ahead / 60))}:${two(ahead % 60)}`;
  return [`${there} ${offset}`, `${utc.slice(0, 10) === there.slice(0, 10) ? utc.slice(11) : utc} UTC`];
}

/** @param {number} at @param {boolean} isShort */
function agoText(at, isShort) {
  const seconds = Math.round((at - Date.now()) / 1000);
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return (isShort ? short : long).format(Math.trunc(seconds / size), unit);
}

let isExact = localStorage.getItem("times") === "exact";

function tellTimes() {
  for (const time of document.querySelectorAll("time")) {
    const at = Date.parse(time.dateTime);
    const isRelative = "relative" in time.dataset;
    const isShort = time.dataset.relative === "short";
    const ago = agoText(at, isShort);
    const [there = "", utc = ""] = exactParts(at);
    // Columns are narrow: in a timeline each has a line of its own, and in a list the second is in the title.
    const exact = utc === "" || isShort ? there : there + (time.closest(".timeline") ? "\n" : " · ") + utc;
    const text = isRelative && !isExact ? ago : exact;
    if (time.textContent !== text) time.textContent = text;
    if (isRelative) time.title = [isExact ? ago : there, utc].filter(Boolean).join(" · ");
  }
}

const timesButton = document.getElementById("times");

function showTimesButton() {
  if (timesButton === null) return;
  timesButton.hidden = document.querySelector("time[data-relative]") === null;
  timesButton.setAttribute("aria-pressed", String(isExact));
}

timesButton?.addEventListener("click", () => {
  isExact = !isExact;
  localStorage.setItem("times", isExact ? "exact" : "relative");
  enhance();
});

/* Buttons that copy the text of an element, or what an address answers. */

document.addEventListener("click", ({ target }) => {
  const button = target instanceof Element ? target.closest("[data-copy]") : null;
  if (button instanceof HTMLButtonElement) void copyFor(button);
});

/** @param {HTMLButtonElement} button */
async function copyFor(button) {
  const { copy = "", done = "", failed = "" } = button.dataset;
  button.dataset.label ??= button.textContent;
  let says = done;
  try {
    await navigator.clipboard.writeText(await textOf(copy));
  } catch {
    says = failed;
  }
  button.textContent = says;
  announce(says);
  setTimeout(() => (button.textContent = button.dataset.label ?? ""), 2500);
}

/** @param {string} source */
async function textOf(source) {
  if (!source.startsWith("/")) return document.getElementById(source)?.textContent ?? "";
  const response = await fetch(source);
  if (!response.ok) throw new Error(String(response.status));
  return response.text();
}

/* Keys: / to search, j and k from row to row, Enter to open, as links do. */

/** @param {EventTarget | null} target */
const isTyping = (target) => target instanceof HTMLElement && target.matches("input, textarea, select");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "/") document.getElementById("find")?.focus();
  else if (event.key === "j" || event.key === "k") stepRow(event.key === "j" ? 1 : -1);
  else return;
  event.preventDefault();
});

/** @param {1 | -1} step */
function stepRow(step) {
  const rows = [...document.querySelectorAll("[data-live=list] > [data-key]")];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[at === -1 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))];
  const link = row?.querySelector("a");
  if (link instanceof HTMLElement) link.focus();
}

/* Empty fields do not come into the address. */

document.addEventListener("submit", ({ target }) => {
  if (!(target instanceof HTMLFormElement) || target.method !== "get") return;
  for (const field of target.elements) if (field instanceof HTMLInputElement) field.disabled = field.value === "";
});
window.addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("input:disabled")) field.removeAttribute("disabled");
});

function enhance() {
  tellTimes();
  showTimesButton();
  for (const button of document.querySelectorAll("[data-copy]")) button.removeAttribute("hidden");
}

/** On a narrow screen the sections scroll sideways. The one that the reader is in has to be in sight. */
function showSection() {
  const current = document.querySelector("#sections [aria-current]");
  if (current instanceof HTMLElement && current.parentElement !== null)
    current.parentElement.scrollLeft =
      current.offsetLeft + current.offsetWidth + 32 - document.documentElement.clientWidth;
}

enhance();
showSection();
document.addEventListener("updated", enhance);
setInterval(tellTimes, 20_000);
