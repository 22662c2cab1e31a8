/**
 * A stand-in for Cloudflare on loopback: its API, as far as wrangler and the deploy call it, and the addresses that it
 * publishes. What it does not know it answers 404, and remembers, so that a test can see that nothing was missing.
 * Written from what wrangler sends and from public issues; where Cloudflare differs, so would a real deploy.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Account, activeVersion } from "./account.ts";
import { type Answer, refused } from "./answer.ts";
import { RESOURCES } from "./resources.ts";
import { Runtime } from "./runtime.ts";
import { WORKERS } from "./workers.ts";

export interface Call {
  account: Account;
  /** All accounts of the token. */
  accounts: readonly Account[];
  runtime: Runtime;
  url: URL;
  /** What the pattern's other names stand for. */
  args: string[];
  body: Buffer;
  contentType: string;
  json: () => Record<string, unknown>;
}

export type Permission = "Account Settings" | "Workers Scripts" | "D1" | "Workers KV Storage" | "Queues";

export type Route = [
  method: string,
  pattern: string,
  needs: Permission | null,
  handle: (call: Call) => Answer | Promise<Answer>,
];

/** What happens to the next request that matches, in place of the answer or before it is sent. */
export interface Fault {
  method: string;
  path: RegExp;
  /** How many matching requests are let through first. */
  skip?: number;
  /** How many are hit. Default 1. */
  times?: number;
  before?: () => Answer;
  /** After it was done; what it gives is answered in place of the truth. */
  after?: () => Answer | void | Promise<void>;
}

interface Token {
  accounts: readonly Account[];
  may: readonly Permission[] | "all";
}

const ROUTES = [...RESOURCES, ...WORKERS].map(([method, pattern, needs, handle]) => ({
  method,
  expression: new RegExp(`^${pattern.replaceAll(/:\w+/g, "([^/]+)")}$`),
  needs,
  handle,
}));

export class StandIn {
  readonly account: Account;
  readonly runtime: Runtime;
  /** Every request to the API, as "METHOD /path", the account's id left out. */
  requests: string[] = [];
  /** Those that it did not know. */
  readonly unknown: string[] = [];
  readonly tokens = new Map<string, Token>();
  readonly faults: Fault[] = [];
  /** Hosts that DNS does not know yet, each with the requests that fail for it. */
  readonly unresolved = new Map<string, number>();
  readonly #servers: Server[] = [];

  constructor(account: Account) {
    this.account = account;
    this.runtime = new Runtime(account);
  }

  /** Starts both servers, and gives their addresses. */
  async start(): Promise<{ api: string; published: string }> {
    const [api, published] = await Promise.all([
      this.#listen((request, body) => this.#answerApi(request, body)),
      this.#listen((request, body) => this.#answerPublished(request, body)),
    ]);
    return { api: `${api}/client/v4`, published };
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
    await this.runtime.stop();
  }

  async #listen(answer: (request: IncomingMessage, body: Buffer) => Promise<Reply>): Promise<string> {
    const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { status, headers, body } = await answer(request, Buffer.concat(chunks));
      response.writeHead(status, headers).end(body);
    };
    const server = createServer((request, response) => {
      respond(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    this.#servers.push(server);
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async #answerApi(request: IncomingMessage, body: Buffer): Promise<Reply> {
    const url = new URL(request.url ?? "/", "http://api");
    const path = url.pathname.replace("/client/v4", "");
    const line = `${request.method} ${path.replace(`/accounts/${this.account.id}`, "")}`;
    this.requests.push(line);
    const fault = this.#faultFor(request.method ?? "", path);
    const truth = fault?.before?.() ?? (await this.#dispatch(request, path, url, body));
    if (truth.status === 404 && JSON.stringify(truth.body).includes(":7003,")) this.unknown.push(line);
    const answer = (await fault?.after?.()) ?? truth;
    return {
      status: answer.status,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(answer.body),
    };
  }

  #faultFor(method: string, path: string): Fault | undefined {
    const fault = this.faults.find((candidate) => candidate.method === method && candidate.path.test(path));
    if (fault === undefined) return undefined;
    if ((fault.skip ?? 0) > 0) {
      fault.skip = (fault.skip ?? 0) - 1;
      return undefined;
    }
    fault.times = (fault.times ?? 1) - 1;
    if (fault.times === 0) this.faults.splice(this.faults.indexOf(fault), 1);
    return fault;
  }

  async #dispatch(request: IncomingMessage, path: string, url: URL, body: Buffer): Promise<Answer> {
    const route = ROUTES.find(({ method, expression }) => method === request.method && expression.test(path));
    if (route === undefined) return refused(404, 7003, `Could not route to ${path}`);
    const token = this.tokens.get(request.headers.authorization?.replace("Bearer ", "") ?? "");
    if (token === undefined) return refused(401, 10000, "Authentication error");
    const args = [...(route.expression.exec(path) ?? [])].slice(1).map(decodeURIComponent);
    const isOfAccount = path.startsWith("/accounts/");
    const account = isOfAccount ? token.accounts.find(({ id }) => id === args[0]) : token.accounts[0];
    const may = token.may === "all" || route.needs === null || token.may.includes(route.needs);
    if (account === undefined || !may) return refused(403, 10000, "Authentication error");
    return route.handle({
      account,
      accounts: token.accounts,
      runtime: this.runtime,
      url,
      args: isOfAccount ? args.slice(1) : args,
      body,
      contentType: request.headers["content-type"] ?? "",
      json: () => JSON.parse(body.toString()) as Record<string, unknown>,
    });
  }

  async #answerPublished(request: IncomingMessage, body: Buffer): Promise<Reply> {
    const url = new URL(String(request.headers["x-published-url"]));
    const worker = this.#workerAt(url.hostname);
    if (worker === null) return { status: 200, headers: { "x-fault": "ENOTFOUND" }, body: "" };
    const headers = Object.entries(request.headers)
      .filter(([name]) => !/^(?:x-published-url|host|connection|content-length|transfer-encoding)$/.test(name))
      .map(([name, value]): [string, string] => [name, String(value)]);
    headers.push(["cf-connecting-ip", "192.0.2.1"]);
    const init = { method: request.method ?? "GET", headers, body: body.length === 0 ? null : body };
    const answer = await this.runtime.fetch(worker, url.href, init);
    const shown = [...answer.headers].filter(([name]) => !/encoding|length/.test(name));
    return { status: answer.status, headers: Object.fromEntries(shown), body: Buffer.from(await answer.arrayBuffer()) };
  }

  /** The Worker that is live at a host; null where DNS does not know it. */
  #workerAt(host: string): string | null {
    const failing = this.unresolved.get(host) ?? 0;
    this.unresolved.set(host, failing - 1);
    if (failing > 0) return null;
    const { domains, scripts, subdomain } = this.account;
    const named = domains.get(host) ?? host.replace(`.${subdomain}.workers.dev`, "");
    const script = scripts.get(named);
    return activeVersion(script) !== undefined && (domains.has(host) || script?.isPublished === true) ? named : null;
  }
}

interface Reply {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}
