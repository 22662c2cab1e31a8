/** The routes of the stand-in for accounts, D1, KV and Queues, as wrangler and the deploy call them. */
import { randomUUID } from "node:crypto";
import { newId } from "./account.ts";
import { done, page, refused } from "./answer.ts";
import type { Route } from "./server.ts";

const A = "/accounts/:account";

export const RESOURCES: Route[] = [
  ["GET", "/user", null, () => done({ id: "user", email: "dev@example.com" })],
  ["GET", "/user/tokens/verify", null, () => done({ id: "token", status: "active" })],
  [
    "GET",
    "/accounts",
    "Account Settings",
    ({ accounts, url }) =>
      page(
        accounts.map(({ id, name }) => ({ id, name })),
        url,
      ),
  ],
  [
    "GET",
    "/memberships",
    "Account Settings",
    ({ accounts, url }) =>
      page(
        accounts.map(({ id, name }) => ({ id: `m-${id}`, account: { id, name } })),
        url,
      ),
  ],
  [
    "POST",
    `${A}/d1/database`,
    "D1",
    async ({ account, json, runtime }) => {
      const name = String(json()["name"]);
      if (account.databases.some((database) => database.name === name))
        return refused(400, 7502, `database with name '${name}' already exists`);
      if (account.databases.length >= account.databaseLimit)
        return refused(400, 7406, "You have reached the maximum number of D1 databases for your account");
      const database = { uuid: randomUUID(), name };
      account.databases.push(database);
      await runtime.update();
      return done({ ...database, version: "production", created_in_region: "WEUR" });
    },
  ],
  [
    "GET",
    `${A}/d1/database/:key`,
    "D1",
    ({ account, args: [key] }) => {
      const found = account.databases.find(({ uuid, name }) => uuid === key || name === key);
      return found === undefined ? refused(404, 7404, `The database ${key} could not be found`) : done(found);
    },
  ],
  [
    "POST",
    `${A}/d1/database/:id/query`,
    "D1",
    async ({ account, args: [id], json, runtime }) => {
      if (!account.databases.some(({ uuid }) => uuid === id))
        return refused(404, 7404, `The database ${id} could not be found`);
      try {
        return done(await runtime.query(String(id), String(json()["sql"])));
      } catch (error) {
        return refused(400, 7500, String((error as Error).message));
      }
    },
  ],
  ["GET", `${A}/storage/kv/namespaces`, "Workers KV Storage", ({ account, url }) => page(account.namespaces, url)],
  [
    "POST",
    `${A}/storage/kv/namespaces`,
    "Workers KV Storage",
    async ({ account, json, runtime }) => {
      const title = String(json()["title"]);
      if (account.namespaces.some((namespace) => namespace.title === title))
        return refused(400, 10014, "a namespace with this account ID and title already exists");
      const namespace = { id: newId(), title };
      account.namespaces.push(namespace);
      await runtime.update();
      return done(namespace);
    },
  ],
  [
    "GET",
    `${A}/queues`,
    "Queues",
    ({ account, url }) => {
      const names = url.searchParams.getAll("name");
      return page(
        account.queues.filter(({ queue_name }) => names.length === 0 || names.includes(queue_name)),
        url,
      );
    },
  ],
  [
    "POST",
    `${A}/queues`,
    "Queues",
    ({ account, json }) => {
      const queue = { queue_id: newId(), queue_name: String(json()["queue_name"]), consumers: [] };
      account.queues.push(queue);
      return done(queue);
    },
  ],
  [
    "POST",
    `${A}/queues/:id/consumers`,
    "Queues",
    async ({ account, args: [id], json, runtime }) => {
      const queue = account.queues.find(({ queue_id }) => queue_id === id);
      if (queue === undefined) return refused(404, 11000, "Queue not found");
      const { script_name, ...rest } = json();
      if (queue.consumers.length > 0) return refused(400, 11004, `Queue "${queue.queue_name}" already has a consumer.`);
      queue.consumers.push({ ...rest, script: String(script_name), consumer_id: newId() });
      await runtime.update();
      return done(queue.consumers[0]);
    },
  ],
  [
    "PUT",
    `${A}/queues/:id/consumers/:consumer`,
    "Queues",
    ({ account, args: [id] }) => done(account.queues.find(({ queue_id }) => queue_id === id)?.consumers[0]),
  ],
];
