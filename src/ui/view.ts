/** What every page is told beside its own matter: the reader's language, the time, and where things are. */
import type { html } from "hono/html";
import { en, type Texts } from "./texts/en.ts";
import { zh } from "./texts/zh.ts";

/** What `html` gives: every value in it was escaped, unless it was such itself. */
export type Html = ReturnType<typeof html>;

export const LANGUAGES = ["en", "zh"] as const;
export type Language = (typeof LANGUAGES)[number];

export interface View {
  language: Language;
  texts: Texts;
  /** Scheme and host of the request, such as `https://ci.example.com`. */
  origin: string;
  /** Path and query of the page, to come back to. */
  here: string;
  isSignedIn: boolean;
  /** Milliseconds since 1970. */
  now: number;
  assets: { style: string; script: string; icon: string };
  /** What the reader searched for, to stand in the field. */
  search?: string;
  /** Whether there are events to look at, or endpoints to tell. */
  hasEvents: boolean;
  /** Deliveries in quarantine; null where that is not known or not asked. */
  quarantined: number | null;
}

export const textsOf = (language: Language): Texts => (language === "zh" ? zh : en);

/** For `lang` and for the formats of numbers and times. */
export const localeOf = ({ language }: Pick<View, "language">): string => (language === "zh" ? "zh-Hans" : "en");

export const numberText = (view: View, number: number): string => number.toLocaleString(localeOf(view));

/** An id as one segment of a path; `.` and `..`, which a URL takes for directories, as `idOf` of the API reads them. */
export const segment = (id: string): string =>
  encodeURIComponent(/^\.{1,2}$/.test(id) ? id.replaceAll(".", "%2E") : id.toWellFormed());

export const jobPath = (jobId: string): string => `/ui/jobs/${segment(jobId)}`;
export const runPath = (runId: string): string => `/ui/runs/${segment(runId)}`;
export const deliveryPath = (id: string): string => `/ui/deliveries/${segment(id)}`;
