/** An empty receiver: storage is isolated by file, and not by test. */
import { env } from "cloudflare:workers";

/** All but the list of migrations and what the platform keeps for itself. A table that a migration adds is among them. */
const TABLES =
  "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name <> 'd1_migrations'";

let tables: string[] | null = null;

/** Deletes all rows of all tables, and all keys of KV. */
export async function empty(): Promise<void> {
  tables ??= (await env.DB.prepare(TABLES).all<{ name: string }>()).results.map(({ name }) => name);
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  for (let isDone = false; !isDone;) {
    const page = await env.KV.list();
    await Promise.all(page.keys.map(({ name }) => env.KV.delete(name)));
    isDone = page.list_complete;
  }
}
