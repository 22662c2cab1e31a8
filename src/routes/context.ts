/** What every route is given, and the checks they share. */
import type { MiddlewareHandler } from "hono";
import { isOneOf, readToken } from "../auth.ts";
import { problemResponse } from "../problem.ts";
import type { Settings } from "../settings.ts";
import type { Store } from "../store/store.ts";

export interface AppEnv {
  Bindings: Env;
  Variables: { settings: Settings; store: Store };
}

/** Lets look-ups through that carry one of the tokens. */
export const requireToken: MiddlewareHandler<AppEnv> = async (c, next) => {
  const token = readToken(c.req.header("authorization"));
  const known = token !== null && (await isOneOf(token, c.var.settings.lookupTokens));
  if (known) return next();
  return problemResponse(c, {
    code: "unauthorized",
    detail: token === null ? "No look-up token came with this request." : "The look-up token is not one of this receiver's.",
    headers: { "www-authenticate": 'Bearer realm="look-ups", Basic realm="look-ups", charset="UTF-8"' },
  });
};
