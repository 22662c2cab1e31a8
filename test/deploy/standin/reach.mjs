/** Preloaded into Node: requests to the addresses that the stand-in publishes reach it, without DNS and without TLS. */
const { fetch } = globalThis;
const published = process.env.STANDIN_PUBLISHED;

globalThis.fetch = async (input, init) => {
  const url = new URL(input instanceof Request ? input.url : String(input));
  if (!/\.(?:workers\.dev|example\.com)$/.test(url.hostname)) return fetch(input, init);
  const headers = new Headers(init?.headers);
  headers.set("x-published-url", url.href);
  const response = await fetch(`${published}${url.pathname}`, { ...init, headers });
  const code = response.headers.get("x-fault");
  if (code === null) return response;
  throw new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });
};
