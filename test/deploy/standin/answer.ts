/** Answers of the stand-in in the envelope that Cloudflare's API uses. */
export interface Answer {
  status: number;
  body: unknown;
}

export const done = (result: unknown): Answer => ({
  status: 200,
  body: { success: true, errors: [], messages: [], result },
});

export const refused = (status: number, code: number, message: string): Answer => ({
  status,
  body: { success: false, errors: [{ code, message }], messages: [], result: null },
});

/** The page of a list that `page` and `per_page` ask for. */
export function page(items: readonly unknown[], url: URL): Answer {
  const number = Number(url.searchParams.get("page") ?? 1);
  const size = Number(url.searchParams.get("per_page") ?? 20);
  const result = items.slice((number - 1) * size, number * size);
  const result_info = { page: number, per_page: size, count: result.length, total_count: items.length };
  return { status: 200, body: { success: true, errors: [], messages: [], result, result_info } };
}
