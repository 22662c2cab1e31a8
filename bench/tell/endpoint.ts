/** The user's system: answers every event at once, and says when each came. Part of the benchmark's own process. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Endpoint {
  url: string;
  /** When the first event about each job came, in milliseconds since 1970. */
  came: Map<string, number>;
  stop(): void;
}

export async function startEndpoint(): Promise<Endpoint> {
  const came = new Map<string, number>();
  const server = createServer((request, response) => {
    const at = performance.timeOrigin + performance.now();
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      const jobId = /"jobId":"([^"]+)"/.exec(text)?.[1] ?? "";
      if (!came.has(jobId)) came.set(jobId, at);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, came, stop: () => void server.close() };
}
