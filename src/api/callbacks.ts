/** `POST /callbacks/{key}`: where CI posts. */
import { isOneOf } from "./auth.ts";
import { type BodyFailure, readBytes } from "./body.ts";
import { intakeOne, nameArrival } from "../intake.ts";
import { enqueue } from "../queue.ts";
import { type Problem, type ProblemCode, problemResponse } from "../problems.ts";
import { tellAfterAnswer, verifyAfterAnswer } from "./context.ts";
import { Routes } from "./routes.ts";
import type { Contract } from "./contract.ts";
import { Receipt } from "./schemas.ts";
import type { Failure } from "../store/store.ts";

export const callbacks = new Routes();

callbacks.all("/:key", (c, next) => {
  // A wrong key is answered like a wrong path, whatever the method.
  if (!isOneOf(c.req.param("key"), c.var.settings.callbackKeys)) return c.notFound();
  return next();
});

callbacks.post("/:key", async (c) => {
  const receivedAt = Date.now();
  const { maxBodyBytes } = c.var.settings;
  c.set("callback", { receivedAt, bytes: 0, outcome: null });
  const body = await readBytes(c.req.raw, maxBodyBytes);
  const bytes = body.ok ? body.value.length : (body.error.bytesRead ?? 0);
  c.set("callback", { receivedAt, bytes, outcome: null });
  if (!body.ok) return problemResponse(c, refusal(body.error, maxBodyBytes));
  const incoming = { bytes: body.value, contentType: c.req.header("content-type") ?? null, receivedAt };
  const { queue, places } = c.var;
  const outcome =
    queue === null ? await intakeOne(places, await nameArrival(incoming)) : await enqueue(queue, places, incoming);
  const { delivery, status, jobs, reading, events } = outcome;
  tellAfterAnswer(c, events);
  verifyAfterAnswer(c, outcome);
  c.set("callback", { receivedAt, bytes, outcome });
  if (!reading.ok) return problemResponse(c, unreadable(delivery, reading.error));
  return c.json({ delivery, status, jobs });
});

function refusal({ code, bytesRead }: BodyFailure, maxBodyBytes: number): Problem {
  const detail =
    code === "body-too-large"
      ? `The body is larger than MAX_BODY_BYTES, ${maxBodyBytes} bytes.`
      : `The connection failed ${bytesRead === null ? "before the end" : `after ${bytesRead} bytes`}.`;
  return { code, detail };
}

function unreadable(delivery: string, { kind, reason, line, column }: Failure): Problem {
  const code = codeOfFailure(kind);
  const place = line === null ? "" : ` (line ${line}${column === null ? "" : `, column ${column}`})`;
  return { code, detail: `${reason.replace(/\.$/, "")}${place}.`, more: { delivery, reason, line, column } };
}

/**
 * The problem that a quarantined delivery is answered with. If the receiver is at fault, the sender must not be blamed.
 */
function codeOfFailure(kind: Failure["kind"]): ProblemCode {
  switch (kind) {
    case "malformed":
      return "malformed-body";
    case "unsupported":
      return "unsupported-media-type";
    case "reader-failed":
    case "reading-unfinished":
      return "internal-error";
    case "bytes-corrupt":
      return "corrupt-bytes";
  }
}

/** What /openapi.json says of these routes. */
export const contract = (): Contract => ({
  "POST /callbacks/{key}": {
    operationId: "receiveCallback",
    summary: "The callback URL to give to CI",
    description:
      "Takes every body that CI posts. The first character tells XML from JSON. A 2xx means that the bytes are stored. " +
      "`key` is one of CALLBACK_KEYS. With any other key the answer is that of a path that does not exist.",
    answers: {
      200: {
        description:
          "`stored`, `duplicate` for the same bytes again, or `no-job`. `spilled` if D1 was down and KV has it: look-ups " +
          "by JobId find it, and lists after the drain. `queued` behind a queue.",
        schema: Receipt,
      },
    },
    problems: [
      "malformed-body",
      "incomplete-body",
      "not-found",
      "body-too-large",
      "unsupported-media-type",
      "too-many-requests",
      "store-unavailable",
    ],
    needsToken: false,
  },
});
