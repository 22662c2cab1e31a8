/** The stylesheet and the script that the Worker carries are what their parts make. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { built } from "../../tools/assets.ts";

test.each(built())(
  "$path.pathname is built from the parts as they are: else run `npm run assets`",
  ({ path, text }) => {
    expect(readFileSync(path, "utf8")).toBe(text);
  },
);
