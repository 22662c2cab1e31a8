/** Layers around the real KV namespace: one that serves stale reads, one that counts, one that cuts a write off. */
import { env } from "cloudflare:workers";
import type { Random } from "./faults.ts";

type Operation = "get" | "getWithMetadata" | "put" | "list" | "delete";
type Call = (...values: unknown[]) => Promise<unknown>;

/** KV in which each call goes through `layer`, which makes the real one or not. */
function layered(layer: (operation: Operation, values: unknown[], call: () => Promise<unknown>) => Promise<unknown>) {
  const operation =
    (name: Operation): Call =>
    (...values) =>
      layer(name, values, () => (env.KV[name] as unknown as Call).apply(env.KV, values));
  const names: Operation[] = ["get", "getWithMetadata", "put", "list", "delete"];
  return Object.fromEntries(names.map((name) => [name, operation(name)])) as unknown as KVNamespace;
}

/** What a key was at one time; null before it was written, and after it was deleted. */
type Version = { value: Uint8Array; metadata: unknown } | null;

/**
 * KV that may answer with any state that a key ever had, and with a miss for one that was written long ago. It is
 * right where `share` is 0. Bulk reads and lists are stale key by key.
 */
export function staleKv(random: Random) {
  const staleness = { share: 0 };
  const histories = new Map<string, Version[]>();

  /** An older state of the key; undefined where this read is fresh. */
  function staleVersion(key: string): Version | undefined {
    const history = histories.get(key);
    if (history === undefined || random() >= staleness.share) return undefined;
    return history[Math.floor(random() * (history.length - 1))];
  }

  const valueAs = (version: Version, type: unknown) => {
    if (version === null) return null;
    const text = new TextDecoder().decode(version.value);
    const { buffer } = version.value.slice();
    const kind = typeof type === "object" ? (type as { type?: string } | null)?.type : type;
    if (kind === "json") return JSON.parse(text);
    if (kind === "arrayBuffer") return buffer;
    return kind === "stream" ? new Blob([buffer]).stream() : text;
  };

  async function get([key, type]: unknown[], call: () => Promise<unknown>) {
    if (Array.isArray(key)) {
      const values = (await call()) as Map<string, unknown>;
      for (const name of key as string[]) {
        const version = staleVersion(name);
        if (version !== undefined) values.set(name, valueAs(version, type));
      }
      return values;
    }
    const version = staleVersion(key as string);
    return version === undefined ? call() : valueAs(version, type);
  }

  async function list(call: () => Promise<unknown>) {
    const page = (await call()) as KVNamespaceListResult<unknown>;
    const keys = page.keys.flatMap((key) => {
      const version = staleVersion(key.name);
      if (version === undefined) return [key];
      return version === null ? [] : [{ ...key, metadata: version.metadata }];
    });
    return { ...page, keys };
  }

  function remember(key: string, version: Version) {
    histories.set(key, [...(histories.get(key) ?? [null]), version]);
  }

  const KV = layered(async (operation, values, call) => {
    switch (operation) {
      case "get":
        return get(values, call);
      case "getWithMetadata": {
        const version = staleVersion(values[0] as string);
        if (version === undefined) return call();
        return { value: valueAs(version, values[1]), metadata: version?.metadata ?? null, cacheStatus: null };
      }
      case "list":
        return list(call);
      case "delete":
        await call();
        return remember(values[0] as string, null);
      case "put": {
        await call();
        const [key, value, options] = values as [string, string | Uint8Array, { metadata?: unknown } | undefined];
        const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value.slice();
        return remember(key, { value: bytes, metadata: options?.metadata ?? null });
      }
    }
  });
  return { KV, staleness };
}

/** KV that counts its operations. */
export function countedKv() {
  const counts: Record<Operation, number> = { get: 0, getWithMetadata: 0, put: 0, list: 0, delete: 0 };
  const KV = layered((operation, _, call) => {
    counts[operation] += 1;
    return call();
  });
  const reset = () => Object.assign(counts, { get: 0, getWithMetadata: 0, put: 0, list: 0, delete: 0 });
  return { KV, counts, reset, total: () => Object.values(counts).reduce((a, b) => a + b, 0) };
}

/** KV that makes so many writes and refuses every later one. */
export function cutKv(writes: number): KVNamespace {
  let left = writes;
  return layered((operation, _, call) => {
    if (operation !== "put" && operation !== "delete") return call();
    left -= 1;
    return left < 0 ? Promise.reject(new Error("The Worker was ended.")) : call();
  });
}
