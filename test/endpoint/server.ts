/**
 * The user's system, as the tests have it: a real HTTP server that records every event, and answers as it is told.
 * `POST /hook/<name>` takes an event, `PUT /plan/<name>` says how the next ones are answered, `GET /seen/<name>` gives
 * those that came.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Seen, Step } from "./types.ts";

interface Hook {
  plan: Step[];
  seen: Seen[];
  underWay: string[];
}

export async function startEndpoint(): Promise<{ base: string; stop: () => Promise<void> }> {
  const hooks = new Map<string, Hook>();
  const hookOf = (name: string): Hook => {
    const hook = hooks.get(name) ?? { plan: [], seen: [], underWay: [] };
    hooks.set(name, hook);
    return hook;
  };
  const server = createServer((request, response) => {
    const [, what, name = ""] = (request.url ?? "").split("?")[0]?.split("/") ?? [];
    if (what === "hook") void receive(hookOf(name), request, response);
    else if (what === "plan") void textOf(request).then((text) => plan(hookOf(name), text, response));
    else response.end(JSON.stringify(hookOf(name).seen));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    base: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function plan(hook: Hook, text: string, response: ServerResponse): void {
  hook.plan = JSON.parse(text) as Step[];
  response.end();
}

async function receive(hook: Hook, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const at = Date.now();
  const id = String(request.headers["webhook-id"]);
  const overlaps = hook.underWay.includes(id);
  hook.underWay.push(id);
  response.on("close", () => hook.underWay.splice(hook.underWay.indexOf(id), 1));
  const body = await textOf(request);
  const seen: Seen = {
    path: request.url ?? "",
    headers: request.headers as Record<string, string>,
    body,
    at,
    answered: null,
    overlaps,
  };
  hook.seen.push(seen);
  const step = hook.plan[0]?.always === true ? hook.plan[0] : (hook.plan.shift() ?? {});
  if (step.drop === true) {
    request.socket.destroy();
    return;
  }
  if (step.hang === true) return;
  await new Promise((resolve) => setTimeout(resolve, step.delayMilliseconds ?? 0));
  seen.answered = step.status ?? 200;
  response.writeHead(seen.answered, step.headers);
  response.end("noted");
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
