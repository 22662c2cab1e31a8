/** Checks of what /readyz says: secrets, store, migrations, upkeep, clock. One request answers them all. */
import type { Answer, Ask } from "./ask.ts";
import { fault, type Finding, good, leftOut, warning } from "./finding.ts";

/** The clocks of two machines may differ by this much, in seconds. */
const CLOCK_SECONDS = 60;

/** The cron runs every two minutes. */
const UPKEEP_SECONDS = 900;

interface Said {
  checks?: {
    store?: string;
    schema?: { found: number; needed: number } | null;
    missingSecrets?: string[];
    wrongSettings?: string[];
  };
  store?: { name?: string; region?: string | null };
  quarantined?: number | null;
  spilled?: number | null;
  lastUpkeepAt?: string | null;
  lastReceivedAt?: string | null;
  at?: string;
  type?: string;
  detail?: string;
}

export async function checkReadiness(ask: Ask, local: boolean): Promise<Finding[]> {
  const answer = await ask("readyz");
  const said = answer.said as Said;
  if (said.checks === undefined) {
    const says = answer.fault ?? `/readyz answers ${answer.status}, and not as this receiver does`;
    return [fault("settings", says, "Check that the address is the receiver's, and of this version.")];
  }
  return [
    settings(said.checks.wrongSettings ?? [], said.detail ?? "/readyz says what is allowed."),
    secrets(said.checks.missingSecrets ?? []),
    ...store(said),
    ...upkeep(said, local),
    clock(said, answer),
  ];
}

function settings(wrong: readonly string[], detail: string): Finding {
  if (wrong.length === 0) return good("settings", "all allowed");
  const remedy = `${detail} Correct it where it is set: wrangler.toml, a secret, or .dev.vars (docs/settings.md).`;
  return fault("settings", `not allowed: ${wrong.join(", ")}`, remedy);
}

function secrets(missing: readonly string[]): Finding {
  if (missing.length === 0) return good("secrets", "CALLBACK_KEYS and LOOKUP_TOKENS are set");
  const remedy = "npm run deploy, which sets what is missing. For a local run: .dev.vars.";
  return fault("secrets", `not set: ${missing.join(", ")}`, remedy);
}

function store({ checks, store: place }: Said): Finding[] {
  const name = place?.name === "kv" ? "KV" : "D1";
  const where = name === "KV" ? "KV, everywhere" : place?.region == null ? "D1" : `D1, in ${place.region}`;
  const { found, needed } = checks?.schema ?? { found: null, needed: null };
  const migrate = "npm run deploy, which applies them; npm run dev does for a local run.";
  switch (checks?.store) {
    case "ok": {
      const reading =
        name === "KV"
          ? warning("store", `${where}: look-ups may be a minute late`, 'STORE = "d1" is not late.')
          : good("store", where);
      const version = name === "KV" ? "none needed" : `${found} applied, ${needed} needed`;
      return [reading, good("migrations", version)];
    }
    case "migrations are not applied":
      return [
        good("store", where),
        fault("migrations", `${found ?? "none"} applied, ${needed ?? "more"} needed`, migrate),
      ];
    case undefined:
    default: {
      const remedy = "See cloudflarestatus.com and docs/operations.md#d1-is-down. Callbacks go to the spill.";
      return [fault("store", `${name} ${checks?.store ?? "cannot be asked"}`, remedy)];
    }
  }
}

function upkeep({ spilled, quarantined, lastUpkeepAt, at, store: place }: Said, local: boolean): Finding[] {
  const findings: Finding[] = [];
  const seconds = lastUpkeepAt == null ? null : (Date.parse(at ?? "") - Date.parse(lastUpkeepAt)) / 1000;
  if (place?.name === "kv") findings.push(leftOut("upkeep", "not noted with STORE=kv"));
  else if (local) findings.push(leftOut("upkeep", "wrangler dev runs no cron by itself"));
  else if (seconds === null)
    findings.push(
      warning(
        "upkeep",
        "the cron has not run yet",
        "It runs every two minutes. If this lasts, look for the trigger in the dashboard.",
      ),
    );
  else if (seconds > UPKEEP_SECONDS)
    findings.push(
      warning(
        "upkeep",
        `the cron last ran ${Math.round(seconds / 60)} minutes ago`,
        "Nothing that spilled is drained: docs/operations.md#the-cron-does-not-run.",
      ),
    );
  else findings.push(good("upkeep", `the cron ran ${Math.round(seconds)} s ago`));
  if (spilled != null && spilled > 0)
    findings.push(
      warning(
        "spill",
        `${counted(spilled, "delivery waits", "deliveries wait")} in the spill`,
        "docs/operations.md#the-spill-does-not-drain",
      ),
    );
  if (quarantined != null && quarantined > 0)
    findings.push(
      warning(
        "quarantine",
        quarantined === 100
          ? "100 or more deliveries could not be read"
          : `${counted(quarantined, "delivery", "deliveries")} could not be read`,
        "GET /deliveries?status=quarantined; docs/operations.md#quarantine-grows",
      ),
    );
  return findings;
}

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

function clock({ at }: Said, { milliseconds }: Answer): Finding {
  const difference = Math.abs(Date.now() - milliseconds / 2 - Date.parse(at ?? "")) / 1000;
  if (Number.isNaN(difference))
    return warning("clock", "/readyz does not tell the time", "Check the version deployed.");
  const says = `${difference.toFixed(1)} s from this machine's`;
  if (difference <= CLOCK_SECONDS) return good("clock", says);
  return warning("clock", says, "One of the two is wrong, most likely this machine's: receivedAt is the receiver's.");
}
