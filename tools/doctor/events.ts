/** The check of what the receiver tells the user's own system: a test event to each endpoint. */
import type { Ask } from "./ask.ts";
import { type Finding, good, leftOut, warning } from "./finding.ts";

/** Longest wait for the endpoints, in milliseconds: the receiver gives each 15 s. */
const ENDPOINTS_MILLISECONDS = 25_000;

interface Tested {
  endpoint: string;
  status: number | null;
  error: string | null;
}

/** A warning where an endpoint does not take events: they wait, and no callback is lost. */
export async function checkEvents(ask: Ask, token: string | null): Promise<Finding[]> {
  const check = "events";
  if (token === null) return [leftOut(check, "needs --token or LOOKUP_TOKEN")];
  const { status, said, fault } = await ask("events/test", {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(ENDPOINTS_MILLISECONDS),
  });
  if (status === 401) return [leftOut(check, "the token is not one of the receiver's LOOKUP_TOKENS")];
  if (status === 409) return [leftOut(check, String(said["detail"]))];
  const { endpoints } = said as { endpoints?: Tested[] };
  if (status !== 200 || endpoints === undefined)
    return [
      warning(
        check,
        fault ?? `POST /events/test is answered ${status}`,
        "See the log of the receiver: docs/events.md.",
      ),
    ];
  return endpoints.map(({ endpoint, status: answered, error }) =>
    error === null
      ? good(check, `${endpoint} answers ${answered} to a test event`)
      : warning(
          check,
          `${endpoint} does not take a test event: ${answered === null ? error : `it answers ${answered}`}`,
          "It must answer a signed POST with a 2xx within 15 s: docs/events.md. Until then events wait.",
        ),
  );
}
