/** What a receiver says about its settings, before a first callback arrives. */

/** The sentences of `/readyz` about what is wrong; null if it is ready, or does not answer. */
export async function faultsAt(base: string): Promise<string | null> {
  try {
    const response = await fetch(new URL("/readyz", base));
    if (response.ok) return null;
    const { detail } = (await response.json()) as { detail?: unknown };
    return typeof detail === "string" ? detail : null;
  } catch {
    return null;
  }
}
