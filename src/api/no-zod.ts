/** Stands in for zod in the bundle: the generator of /openapi.json would import it, and no schema here is zod's. See wrangler.toml. */
export {};
