/** `POST /callbacks/{key}`: where CI posts. */
import { Hono } from "hono";
import { isOneOf } from "../auth.ts";
import { readBytes } from "../body.ts";
import { intake, type Outcome } from "../intake.ts";
import { log } from "../log.ts";
import { problemResponse } from "../problem.ts";
import type { AppEnv } from "./context.ts";

export const callbacks = new Hono<AppEnv>();

callbacks.all("/:key", async (c, next) => {
  // A wrong key is answered as a wrong path is, whatever the method.
  if (!(await isOneOf(c.req.param("key"), c.var.settings.callbackKeys))) return c.notFound();
  return next();
});

callbacks.post("/:key", async (c) => {
  const receivedAt = Date.now();
  const { maxBodyBytes } = c.var.settings;
  const body = await readBytes(c.req.raw.body, maxBodyBytes);
  if (!body.ok) {
    const { code, bytesRead } = body.error;
    log("error", "callback refused", { code, bytesRead, ray: c.req.header("cf-ray") ?? null });
    const detail =
      code === "body-too-large"
        ? `The body is larger than MAX_BODY_BYTES, ${maxBodyBytes} bytes.`
        : `The connection failed after ${bytesRead} bytes.`;
    return problemResponse(c, { code, detail });
  }
  const arrival = { bytes: body.value, contentType: c.req.header("content-type") ?? null, receivedAt };
  const [outcome] = (await intake(c.var.store, [arrival])) as [Outcome];
  const { delivery, status, jobs, failure } = outcome;
  log(failure === null ? "info" : "warn", "callback", { delivery, status, jobs, bytes: body.value.length, ray: c.req.header("cf-ray") ?? null });
  if (failure === null) return c.json({ delivery, status, jobs });
  const { code, reason, line, column } = failure;
  const place = line === null ? "" : ` (line ${line}${column === null ? "" : `, column ${column}`})`;
  return problemResponse(c, { code, detail: `${reason}${place}`, more: { delivery, reason, line, column } });
});
