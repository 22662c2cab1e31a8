/** A reader of the pages: signs in, follows links and sends forms, as a browser does. */
import { type Changes, send, TOKEN } from "./receiver.ts";

export const ORIGIN = "https://receiver.example";

export const form = (
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
  changes: Changes = {},
) =>
  send(
    path,
    {
      method: "POST",
      body: new URLSearchParams(fields).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded", origin: ORIGIN, ...headers },
      redirect: "manual",
    },
    changes,
  );

export const cookieOf = (response: Response): string => response.headers.get("set-cookie")?.split(";")[0] ?? "";

export async function session(token: string = TOKEN, changes: Changes = {}): Promise<string> {
  return cookieOf(await form("/ui/sign-in", { token }, {}, changes));
}

export const page = (path: string, headers: Record<string, string>, changes: Changes = {}) =>
  send(path, { headers, redirect: "manual" }, changes);

export const location = (response: Response) => [response.status, response.headers.get("location")];

/** What a reader sees of a page's main part: its text, with one space for any white space. */
export const seen = (markup: string): string =>
  (/<main.*<\/main>/s.exec(markup)?.[0] ?? "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();

/** A page of who is signed in. */
export const pageText = async (path: string, changes: Changes = {}): Promise<string> =>
  (await page(path, { cookie: await session(TOKEN, changes) }, changes)).text();
