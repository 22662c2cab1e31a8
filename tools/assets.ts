/**
 * `npm run assets` writes src/ui/built/, the stylesheet and the script that the pages are served with, from the parts
 * in src/ui/assets/: joined and minified, since wrangler carries texts as they are. A test fails while they differ.
 */
import { existsSync, readFileSync, watch, writeFileSync } from "node:fs";
import { transformSync } from "esbuild";

/** In the order of the cascade. */
const STYLES = [
  "base",
  "frame",
  "forms-and-states",
  "content",
  "lists",
  "results",
  "segmentation",
  "charts-and-tables",
  "print",
];
const SCRIPTS = ["segmentation", "page", "live"];

const PARTS = new URL("../src/ui/assets/", import.meta.url);
const BUILT = new URL("../src/ui/built/", import.meta.url);

/** Long lines are broken, so that a difference can be read. */
const LINE_CHARACTERS = 120;

const part = (path: string): string => readFileSync(new URL(path, PARTS), "utf8");

const minified = (text: string, loader: "css" | "js"): string =>
  transformSync(text, { loader, minify: true, lineLimit: LINE_CHARACTERS, charset: "utf8", format: "esm" }).code;

/** Every built file with the text that it should have. */
export function built(): { path: URL; text: string }[] {
  const styles = STYLES.map((name) => part(`styles/${name}.css`)).join("");
  // Each has a scope of its own. They meet in the document, and in the event `updated`.
  const script = SCRIPTS.map((name) => `{\n${part(`${name}.client.js`)}}\n`).join("");
  return [
    { path: new URL("page.css", BUILT), text: minified(styles, "css") },
    { path: new URL("page.client.js", BUILT), text: minified(script, "js") },
  ];
}

/** Writes what differs, and nothing else: wrangler starts the Worker anew for every file that is written. */
function writeBuilt(): void {
  for (const { path, text } of built()) {
    if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
  }
}

/** Writes them now and after every change of a part, until the process ends. */
export function keepBuilt(): void {
  writeBuilt();
  watch(PARTS, { recursive: true }, () => {
    try {
      writeBuilt();
    } catch (error) {
      // A part with a mistake in it: esbuild says where, and the next change is another try.
      console.error(String(error));
    }
  }).unref();
}

if (import.meta.main) writeBuilt();
