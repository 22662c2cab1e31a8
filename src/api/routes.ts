/** What routes are declared on. */
import { HonoBase, type HonoOptions } from "hono/hono-base";
import { TrieRouter } from "hono/router/trie-router";
import type { AppEnv } from "./context.ts";

/**
 * Hono, with the one router of its own that takes every path of this receiver. The class that `hono` exports tries
 * RegExpRouter first on each start, which takes no `/deliveries/export` beside `/deliveries/:id`, and carries both.
 */
export class Routes extends HonoBase<AppEnv> {
  constructor(options: HonoOptions<AppEnv> = {}) {
    super({ router: new TrieRouter(), ...options });
  }
}
