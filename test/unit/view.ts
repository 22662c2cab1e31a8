/** What the tests of pages share: a view without a request, and markup to look at. */
import { textsOf, type View } from "../../src/ui/view.ts";

export const viewIn = (language: "en" | "zh"): View => ({
  language,
  texts: textsOf(language),
  origin: "https://receiver.example",
  here: "/",
  isSignedIn: true,
  now: Date.parse("2026-03-01T12:00:00Z"),
  assets: { style: "", script: "", icon: "" },
  hasEvents: false,
  quarantined: null,
});
export const markupOf = (html: unknown): string => String(html);

/** Markup without the line breaks that templates have inside tags. */
export const flat = (markup: unknown): string => String(markup).replace(/\s+/g, " ").replaceAll(" >", ">");
