/**
 * A receiver on loopback that answers what a test tells it to, request by request, and remembers what it was
 * asked. It speaks real HTTP: connections are real, and so are those it drops.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Step = (response: ServerResponse, request: IncomingMessage) => void;

export interface ScriptedReceiver extends AsyncDisposable {
  baseUrl: string;
  /** Path and query of each request, in order. */
  asked: string[];
  /** The method of each request, in order. */
  methods: string[];
  /** The headers of each request, in order. */
  headers: IncomingMessage["headers"][];
}

/** Answers when the body is here, which `bodies` then has. */
export const reading =
  (bodies: string[], then: Step): Step =>
  async (response, request) => {
    bodies.push(Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString());
    then(response, request);
  };

/** Answers with the steps in order, and with the last one again and again after that. */
export async function startReceiver(...steps: readonly [Step, ...Step[]]): Promise<ScriptedReceiver> {
  const asked: string[] = [];
  const methods: string[] = [];
  const headers: IncomingMessage["headers"][] = [];
  const server = createServer((request, response) => {
    const step = steps[Math.min(asked.length, steps.length - 1)] as Step;
    asked.push(request.url ?? "");
    methods.push(request.method ?? "");
    headers.push(request.headers);
    step(response, request);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    asked,
    methods,
    headers,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export const json =
  (value: unknown, headers: Record<string, string> = {}): Step =>
  (response) =>
    response.writeHead(200, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));

export const problem =
  (status: number, code: string, more: Record<string, unknown> = {}, headers: Record<string, string> = {}): Step =>
  (response) => {
    const document = {
      type: `/problems/${code}`,
      title: `Title of ${code}`,
      status,
      detail: `Detail of ${code}.`,
      ...more,
    };
    response
      .writeHead(status, { "content-type": "application/problem+json", ...headers })
      .end(JSON.stringify(document));
  };

export const bytes =
  (body: Uint8Array): Step =>
  (response) =>
    response.writeHead(200, { "content-type": "application/xml" }).end(body);

/** 304 where the ETag asked with is this one. */
export const unlessMatch =
  (etag: string, otherwise: Step): Step =>
  (response, request) =>
    request.headers["if-none-match"] === etag
      ? void response.writeHead(304, { etag }).end()
      : otherwise(response, request);

/** Ends the connection before anything is answered. */
export const drop: Step = (response) => response.destroy();

/** Ends the connection in the middle of the answer. */
export const dropHalfway: Step = (response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
  response.write('{"jobId":', () => response.destroy());
};

/** Takes the question and never answers. */
export const hang: Step = () => {};

/** What a proxy answers in place of the receiver. */
export const html =
  (status: number): Step =>
  (response) =>
    response.writeHead(status, { "content-type": "text/html" }).end("<html>not the receiver</html>");
