/** Reads what wrangler uploads: a form of metadata and modules. */
import { type Account, activeVersion, type Binding, type Module, type Script, type Version } from "./account.ts";
import { type Answer, refused } from "./answer.ts";
import type { Call } from "./server.ts";

/** The version that a form uploads, with what it keeps of the one before; or why it is refused. */
export async function readUpload(call: Call, script: Script): Promise<Omit<Version, "id"> | Answer> {
  const headers = { "content-type": call.contentType };
  const form = await new Response(new Uint8Array(call.body), { headers }).formData();
  const metadataPart = form.get("metadata");
  const metadata = JSON.parse(
    typeof metadataPart === "string" ? metadataPart : ((await metadataPart?.text()) ?? "{}"),
  ) as {
    main_module: string;
    compatibility_date: string;
    bindings: Binding[];
    keep_bindings?: string[];
  };
  const before = activeVersion(script)?.bindings ?? [];
  const bindings: Binding[] = [];
  for (const binding of metadata.bindings) {
    const refusal = refusalOf(call.account, binding);
    if (refusal !== null) return refusal;
    const resolved = binding.type === "inherit" ? before.find(({ name }) => name === binding.name) : binding;
    if (resolved === undefined) return refused(400, 10057, `inherit binding '${binding.name}' is invalid`);
    bindings.push(resolved);
  }
  const kept = before.filter(
    ({ name, type }) => metadata.keep_bindings?.includes(type) && !bindings.some((binding) => binding.name === name),
  );
  const modules: Module[] = [];
  for (const [path, part] of form.entries()) {
    if (path === "metadata" || typeof part === "string" || part.type === "application/source-map") continue;
    const type =
      part.type === "application/javascript+module" ? "ESModule" : part.type === "text/plain" ? "Text" : "Data";
    modules.push({ path, type, contents: await part.text() });
  }
  modules.sort((a, b) => Number(b.path === metadata.main_module) - Number(a.path === metadata.main_module));
  return { bindings: [...bindings, ...kept], modules, compatibilityDate: metadata.compatibility_date };
}

/** An upload names resources by id, and the account has to have them. */
function refusalOf({ databases, namespaces, queues, hasAnalyticsEngine }: Account, binding: Binding): Answer | null {
  switch (binding.type) {
    case "d1":
      return databases.some(({ uuid }) => uuid === binding["id"]) ? null : refused(400, 10181, "D1 database not found");
    case "kv_namespace":
      return namespaces.some(({ id }) => id === binding["namespace_id"])
        ? null
        : refused(400, 10041, "KV namespace not found");
    case "queue":
      return queues.some(({ queue_name }) => queue_name === binding["queue_name"])
        ? null
        : refused(400, 11000, "Queue not found");
    case "analytics_engine":
      return hasAnalyticsEngine ? null : refused(403, 10089, "You need to enable Analytics Engine.");
    default:
      return null;
  }
}
