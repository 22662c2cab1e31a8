/** The exact bytes of a delivery, with the media type they came with, in a sandbox in which a browser runs nothing. */
import type { Context } from "hono";
import { problemResponse } from "../problems.ts";
import type { Delivery, KeptBody } from "../store/store.ts";

export function rawResponse(c: Context, { delivery, body }: KeptBody, mediaType?: string): Response {
  if (body === null) {
    return problemResponse(c, {
      code: "bytes-gone",
      detail: `The bytes of delivery ${delivery.id} are no longer kept.`,
    });
  }
  const etag = `"${delivery.id}"`;
  if (c.req.header("if-none-match") === etag) return c.body(null, 304, { etag, "cache-control": "private, no-cache" });
  return new Response(c.req.method === "HEAD" ? null : body, {
    headers: {
      "content-type": mediaType ?? mediaTypeOf(delivery),
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; sandbox",
      "cache-control": "private, no-cache",
      etag,
    },
  });
}

const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+(?:\s*;[\x20-\x7e]*)?$/;

/** The Content-Type as it was sent. If it is not usable, one that fits how the body was read. */
function mediaTypeOf({ contentType, format }: Delivery): string {
  if (contentType !== null && MEDIA_TYPE.test(contentType)) return contentType;
  return format === null ? "application/octet-stream" : `application/${format}`;
}
