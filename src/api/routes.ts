/** The Hono app that routes are declared on. */
import { HonoBase, type HonoOptions } from "hono/hono-base";
import { TrieRouter } from "hono/router/trie-router";
import type { AppEnv } from "./context.ts";

/**
 * Hono with the only one of its routers that takes every path of this receiver. The class that `hono` exports first
 * tries RegExpRouter, which cannot take `/deliveries/export` beside `/deliveries/:id`, and so the bundle would have
 * both.
 */
export class Routes extends HonoBase<AppEnv> {
  constructor(options: HonoOptions<AppEnv> = {}) {
    super({ router: new TrieRouter(), ...options });
  }
}
