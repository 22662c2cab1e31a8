/** The pictures of the docs: each link leads to one, each one is shown, and none makes the repository heavy. */
import { globSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Of one picture, in bytes. */
const PICTURE_BYTES = 150 * 1024;

const pictures = globSync("docs/images/*", { cwd: ROOT });

/** Paths from the root, of every picture of ours in a page of the docs: `![what it shows](where it is)`. */
const shown = globSync(["*.md", "docs/**/*.md"], { cwd: ROOT }).flatMap((page) =>
  [...readFileSync(join(ROOT, page), "utf8").matchAll(/!\[([^\]]*)\]\((?!https:)([^)\s]+)\)/g)].map(
    ([, alt = "", link = ""]) => ({
      alt,
      path: relative(ROOT, join(ROOT, dirname(page), link)),
    }),
  ),
);

test("every picture that the docs show is there, and says what it shows", () => {
  expect(shown.map(({ path }) => path).filter((path) => !pictures.includes(path))).toEqual([]);
  expect(shown.filter(({ alt }) => alt.length < 20)).toEqual([]);
});

test("every picture is shown somewhere, and is small", () => {
  const paths = new Set(shown.map(({ path }) => path));
  expect(pictures.filter((path) => !paths.has(path))).toEqual([]);
  expect(pictures.filter((path) => statSync(join(ROOT, path)).size > PICTURE_BYTES)).toEqual([]);
  expect(pictures.length).toBeGreaterThan(0);
});
