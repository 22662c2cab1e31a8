/** The routes of the stand-in for Workers: uploads, versions, deployments, secrets, and where they are published. */
import {
  activeVersion,
  addDeployment,
  addVersion,
  type Binding,
  newScript,
  type Script,
  type Version,
} from "./account.ts";
import { type Answer, done, refused } from "./answer.ts";
import type { Call, Route } from "./server.ts";
import { readUpload } from "./upload.ts";

const A = "/accounts/:account/workers";
const S = `${A}/scripts/:name`;
const SCRIPTS = "Workers Scripts";

const absent = (code = 10007): Answer => refused(404, code, "This Worker does not exist on your account.");

/** A route of a Worker that has to be there. */
const withScript =
  (use: (script: Script, call: Call) => Answer | Promise<Answer>, code?: number) =>
  (call: Call): Answer | Promise<Answer> => {
    const script = call.account.scripts.get(call.args[0] as string);
    return script === undefined ? absent(code) : use(script, call);
  };

const shownBindings = (version: Version | undefined): Binding[] =>
  (version?.bindings ?? []).map(({ text, ...binding }) =>
    binding.type === "secret_text" ? binding : { ...binding, text },
  );

const shownVersion = (version: Version) => ({
  id: version.id,
  number: 1,
  metadata: { created_on: "2026-11-24T00:00:00Z", source: "wrangler" },
  annotations: {},
  resources: { script: { etag: "e", handlers: ["fetch"] }, script_runtime: {}, bindings: shownBindings(version) },
});

export const WORKERS: Route[] = [
  [
    "GET",
    `${A}/services/:name`,
    SCRIPTS,
    withScript(
      (script, { args: [name] }) =>
        done({
          id: name,
          default_environment: {
            environment: "production",
            script: {
              id: name,
              tag: script.tag,
              tags: script.tags,
              last_deployed_from: script.lastDeployedFrom,
              ...script.settings,
            },
          },
        }),
      10090,
    ),
  ],
  [
    "GET",
    `${A}/services/:name/environments/:environment`,
    SCRIPTS,
    withScript((script, { args: [name] }) =>
      done({
        environment: "production",
        script: { id: name, tag: script.tag, tags: script.tags, compatibility_flags: [], ...script.settings },
      }),
    ),
  ],
  [
    "GET",
    `${A}/services/:name/environments/:environment/bindings`,
    SCRIPTS,
    withScript((script) => done(shownBindings(activeVersion(script)))),
  ],
  ["GET", `${A}/services/:name/environments/:environment/routes`, SCRIPTS, () => done([])],
  [
    "GET",
    `${A}/services/:name/environments/:environment/subdomain`,
    SCRIPTS,
    withScript((script) => done({ enabled: script.isPublished, previews_enabled: script.hasPreviews })),
  ],
  [
    "GET",
    `${A}/workers/:name`,
    SCRIPTS,
    withScript((script, { args: [name] }) =>
      done({ id: script.tag, name, subdomain: { enabled: script.isPublished, previews_enabled: script.hasPreviews } }),
    ),
  ],
  [
    "GET",
    `${S}/settings`,
    SCRIPTS,
    withScript((script) => done({ bindings: shownBindings(activeVersion(script)), ...script.settings })),
  ],
  [
    "GET",
    `${S}/secrets`,
    SCRIPTS,
    withScript((script) => done(shownBindings(activeVersion(script)).filter(({ type }) => type === "secret_text"))),
  ],
  [
    "GET",
    `${S}/versions`,
    SCRIPTS,
    withScript((script) => done({ items: script.versions.map(shownVersion).toReversed() })),
  ],
  [
    "GET",
    `${S}/versions/:id`,
    SCRIPTS,
    withScript((script, { args: [, id] }) => {
      const version = script.versions.find((candidate) => candidate.id === id);
      return version === undefined ? refused(404, 10222, "version not found") : done(shownVersion(version));
    }),
  ],
  ["GET", `${S}/deployments`, SCRIPTS, withScript((script) => done({ deployments: script.deployments.toReversed() }))],
  [
    "GET",
    `${S}/schedules`,
    SCRIPTS,
    withScript(({ schedules }) => done({ schedules: schedules.map((cron) => ({ cron })) })),
  ],
  ["GET", `${S}/script-settings`, SCRIPTS, withScript((script) => done(script.settings))],
  [
    "PATCH",
    `${S}/script-settings`,
    SCRIPTS,
    withScript((script, { json }) => {
      Object.assign(script.settings, json());
      return done(script.settings);
    }),
  ],
  [
    "PUT",
    S,
    SCRIPTS,
    async (call) => {
      const name = call.args[0] as string;
      const script = call.account.scripts.get(name) ?? newScript();
      const version = await readUpload(call, script);
      if ("status" in version) return version;
      call.account.scripts.set(name, script);
      const { id } = addVersion(script, version);
      addDeployment(script, { version_id: id, percentage: 100 });
      await call.runtime.update();
      return done({
        id: name,
        tag: script.tag,
        etag: "e",
        deployment_id: id.replaceAll("-", ""),
        startup_time_ms: 1,
        handlers: ["fetch"],
      });
    },
  ],
  [
    "POST",
    `${S}/versions`,
    SCRIPTS,
    withScript(async (script, call) => {
      const version = await readUpload(call, script);
      return "status" in version ? version : done({ ...shownVersion(addVersion(script, version)), startup_time_ms: 1 });
    }),
  ],
  [
    "POST",
    `${S}/deployments`,
    SCRIPTS,
    withScript(async (script, { json, runtime }) => {
      addDeployment(script, ...(json()["versions"] as Script["deployments"][number]["versions"]));
      script.lastDeployedFrom = "wrangler";
      await runtime.update();
      return done(script.deployments.at(-1));
    }),
  ],
  [
    "GET",
    `${A}/subdomain`,
    SCRIPTS,
    ({ account: { subdomain } }) =>
      subdomain === null ? refused(404, 10007, "workers.api.error.subdomain_not_found") : done({ subdomain }),
  ],
  ["GET", `${A}/subdomains/:name`, SCRIPTS, () => refused(404, 10032, "workers.api.error.subdomain_available")],
  [
    "PUT",
    `${A}/subdomain`,
    SCRIPTS,
    ({ account, json }) => {
      account.subdomain = String(json()["subdomain"]);
      return done({ subdomain: account.subdomain });
    },
  ],
  [
    "POST",
    `${S}/subdomain`,
    SCRIPTS,
    withScript((script, { json }) => {
      const { enabled, previews_enabled = enabled } = json();
      Object.assign(script, { isPublished: enabled, hasPreviews: previews_enabled });
      return done({ enabled, previews_enabled });
    }),
  ],
  [
    "PUT",
    `${S}/schedules`,
    SCRIPTS,
    withScript((script, { account, body }) => {
      const crons = (JSON.parse(body.toString()) as { cron: string }[]).map(({ cron }) => cron);
      if (crons.length > account.freeCrons)
        return refused(400, 10072, "This account has reached the Workers Free limit of 5 cron triggers per account.");
      script.schedules = crons;
      return done({ schedules: crons.map((cron) => ({ cron })) });
    }),
  ],
  [
    "GET",
    `${A}/domains/records`,
    SCRIPTS,
    ({ account }) => done([...account.domains].map(([hostname, service]) => ({ id: hostname, hostname, service }))),
  ],
  [
    "GET",
    `${A}/domains/records/:id`,
    SCRIPTS,
    ({ account, args: [id] }) => done({ id, hostname: id, service: account.domains.get(String(id)) }),
  ],
  [
    "POST",
    `${S}/domains/changeset`,
    SCRIPTS,
    ({ account, args: [name], body }) => {
      const hosts = (JSON.parse(body.toString()) as { hostname: string }[]).map(({ hostname }) => hostname);
      const homeless = hosts.find((host) => !account.zones.some((zone) => host.endsWith(`.${zone}`)));
      if (homeless !== undefined) return refused(400, 10083, `Could not find zone for '${homeless}'.`);
      const shown = (hostname: string) => ({ id: hostname, hostname, service: account.domains.get(hostname) });
      return done({
        added: hosts.filter((host) => !account.domains.has(host) && !account.records.has(host)).map(shown),
        updated: hosts
          .filter((host) => account.domains.has(host))
          .map((host) => ({ ...shown(host), modified: account.domains.get(host) !== name })),
        conflicting: hosts.filter((host) => account.records.has(host)).map(shown),
        removed: [],
      });
    },
  ],
  [
    "PUT",
    `${S}/domains/records`,
    SCRIPTS,
    ({ account, args: [name], json }) => {
      const { origins, override_existing_dns_record: mayReplace } = json();
      for (const { hostname } of origins as { hostname: string }[]) {
        if (account.records.has(hostname) && mayReplace !== true)
          return refused(409, 100117, `Hostname '${hostname}' already has externally managed DNS records.`);
        account.records.delete(hostname);
        account.domains.set(hostname, String(name));
      }
      return done([]);
    },
  ],
  [
    "GET",
    "/zones",
    null,
    ({ account, url }) =>
      done(account.zones.filter((name) => name === url.searchParams.get("name")).map((name) => ({ id: name, name }))),
  ],
  ["GET", "/zones/:zone/workers/routes", null, () => done([])],
  [
    "PUT",
    `${S}/routes`,
    SCRIPTS,
    ({ account, args: [name], body }) => {
      for (const { pattern } of JSON.parse(body.toString()) as { pattern: string }[])
        account.domains.set(pattern.replace(/\/.*$/, ""), String(name));
      return done(JSON.parse(body.toString()));
    },
  ],
];
