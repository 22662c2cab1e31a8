/** What the handlers of pages share: what a page is told, and how a page that the script asks for again says "as before". */
import type { Context } from "hono";
import { ASSET_PATHS } from "../pages/assets/assets.ts";
import type { Live } from "../pages/layout.ts";
import { type Language, textsOf, type View } from "../pages/view.ts";
import type { Store } from "../store/store.ts";
import type { AppEnv } from "./context.ts";
import { isSignedIn } from "./session.ts";

/** Counts what is in quarantine only for who may see it. */
export async function viewOf(c: Context<AppEnv>): Promise<View> {
  const isReader = await isSignedIn(c);
  const quarantined = isReader ? await c.var.places.store.countDeliveries("quarantined", null) : null;
  return { ...openView(c), isSignedIn: isReader, quarantined };
}

/** The same without asking the store. */
export function openView(c: Context<AppEnv>): View {
  const language = c.get("language" as never) as Language;
  const { origin, pathname, search } = new URL(c.req.url);
  return {
    language,
    texts: textsOf(language),
    origin,
    here: pathname + search,
    isSignedIn: false,
    now: Date.now(),
    assets: ASSET_PATHS,
    quarantined: null,
  };
}

/** Seconds between two questions of the script. KV has a thousand lists a day on the free plan, and is late by itself. */
const LIVE_SECONDS = { d1: 3, kv: 30 };

/** A page that looks again by itself. `parts` name the state it shows: the page is the same where they are. */
export function liveOf(store: Store, view: View, parts: readonly (string | number | null)[]): Live {
  const etag = `"${encodeURIComponent([...parts, view.quarantined, view.language].join(" "))}"`;
  return { etag, everySeconds: LIVE_SECONDS[store.name] };
}

/** Whether the script has this state of the page already. */
export const hasSeen = (c: Context<AppEnv>, live: Live | null): boolean =>
  live !== null && c.req.header("if-none-match") === live.etag;

/**
 * Names the newest delivery and what became of it. Whatever a list shows changes with a delivery, and this is one row
 * to read.
 */
export async function newestDelivery(store: Store): Promise<string> {
  const { items } = await store.listDeliveries({}, 1, null);
  return items[0] === undefined ? "none" : `${items[0].id} ${items[0].status}`;
}
