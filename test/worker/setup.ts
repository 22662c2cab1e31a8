/** Before each test file: the files share one runtime, so its storage is emptied and the Worker's modules are loaded anew. */
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";

vi.resetModules();
await reset();
await applyD1Migrations(env.DB, env.MIGRATIONS);
