/** What to do about an error of Cloudflare's, by its code. Pure. The codes are those that public issues name. */
import type { Entry } from "./wrangler.ts";

const ADVICE: Readonly<Record<number, string>> = {
  7406: "The account has as many D1 databases as its plan allows. Delete one (`npx wrangler d1 list`, `npx wrangler d1 delete <name>`), or change the plan.",
  7500: "D1 refused a statement of a migration. That migration is not applied, and those before it are; nothing was uploaded. Correct the migration.",
  10013: "That is a fault on Cloudflare's side: see cloudflarestatus.com.",
  10014: "A KV namespace of that name was created at the same moment.",
  10034: "The account's e-mail address is not verified: verify it in the dashboard.",
  10063:
    "The account has no name on workers.dev. Choose one in the dashboard (Workers & Pages), or answer the question with yes; or set workers_dev = false and a custom domain.",
  10072:
    "The account has as many cron triggers as its plan allows (5 on the free plan). Without its cron the receiver takes callbacks, but does not drain the spill. Delete a trigger of another Worker in the dashboard, or change the plan.",
  10083: "The zone of `routes` is not in this account: add it, or correct `routes` in wrangler.toml.",
  10089:
    "Analytics Engine is not enabled in this account. Enable it in the dashboard (Workers & Pages, Analytics Engine), or comment [[analytics_engine_datasets]] out.",
  10000: "The token lacks a permission: docs/deploy.md lists those it needs.",
  11004: "The queue has a consumer that is not this Worker: name another queue in wrangler.toml.",
  11009: "A queue of that name was created at the same moment.",
  100116: "The custom domain belongs to another Worker: answer the question with yes, or remove it there.",
  100117: "The custom domain has a DNS record already: answer the question with yes, or delete the record.",
};

const DOMAIN_SKIPPED =
  "The custom domain was not published: it has a DNS record, or belongs to another Worker, and the question was " +
  "answered with no. Delete the record, or answer with yes.";

const CONNECTION = "Cloudflare could not be reached. Check the network.";

/** A sentence or two; empty where there is nothing to add to what wrangler says. `output` is that, where it was read. */
export function adviceOn(failure: Entry | null, output = ""): string {
  const message = `${failure?.message ?? ""}\n${output}`;
  const codes = [
    failure?.code ?? 0,
    ...[...message.matchAll(/\[?code:\s*(\d+)\]?/g)].map(([, digits]) => Number(digits)),
  ];
  for (const candidate of codes) if (ADVICE[candidate] !== undefined) return ADVICE[candidate];
  if (/maximum number of D1 databases/.test(message)) return ADVICE[7406] as string;
  if (/Custom Domain.*skipped/s.test(message)) return DOMAIN_SKIPPED;
  if (/workers\.dev subdomain/i.test(message)) return ADVICE[10063] as string;
  if (/fetch failed|ECONNREFUSED|ENOTFOUND/.test(message)) return CONNECTION;
  return "";
}
