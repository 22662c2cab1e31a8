/**
 * What a deploy does, decided from what is there already. Pure. The order is the promise: the database has its
 * migrations before the Worker that needs them is uploaded, and the Worker has its secrets from its first request on.
 */

/** What the account has. */
export interface Found {
  /** Names of D1 databases. */
  databases: readonly string[];
  /** Names of the Worker's secrets; null where there is no such Worker yet. */
  secrets: readonly string[] | null;
}

/** What wrangler.toml says. */
export interface Wanted {
  /** The D1 database, by its name and its binding. */
  database: { name: string; binding: string };
  /** Secrets that the Worker requires. */
  secrets: readonly string[];
  /** Where a new database is to lie: one of D1's location hints; null for near whoever makes it. */
  location: string | null;
}

export interface Step {
  says: string;
  /** Arguments of wrangler. */
  command: string[];
  /** Secrets that are made and sent with this step, as a file that follows `--secrets-file`. */
  secrets?: string[];
}

/** D1's location hints (developers.cloudflare.com/d1/configuration/data-location). */
export const LOCATIONS = ["wnam", "enam", "weur", "eeur", "apac", "oc"] as const;

export function planDeploy(found: Found, { database, secrets, location }: Wanted): Step[] {
  const isFresh = !found.databases.includes(database.name);
  const missing = secrets.filter((name) => found.secrets?.includes(name) !== true);
  const steps: Step[] = [];
  if (isFresh) {
    const hint = location === null ? [] : ["--location", location];
    steps.push({ says: `Make the database ${database.name}`, command: ["d1", "create", database.name, ...hint] });
  }
  steps.push({
    says: "Apply the migrations that it lacks",
    command: ["d1", "migrations", "apply", database.binding, "--remote"],
  });
  const upload = found.secrets === null ? "Make the Worker" : "Upload the Worker";
  steps.push(
    missing.length === 0
      ? { says: upload, command: ["deploy"] }
      : { says: `${upload}, and set ${missing.join(" and ")}`, command: ["deploy"], secrets: missing },
  );
  return steps;
}

/** The command as a person would type it. */
export const commandText = ({ command, secrets }: Step): string =>
  ["npx wrangler", ...command, ...(secrets === undefined ? [] : ["--secrets-file", "<file>"])].join(" ");
