/**
 * Checks of the routes themselves: that strangers are kept out, and that a callback goes in and comes out again.
 * The test bodies are the same in every run, so that however often it runs they are one delivery each.
 */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer, Ask } from "./ask.ts";
import { fault, type Finding, good, leftOut, warning } from "./finding.ts";
import { LOCAL_KEY, LOCAL_TOKEN } from "./options.ts";

export const TEST_JOB = "doctor-test-job";
const USER_DATA = "A test of npm run doctor. No job of CI.";
const TEST_WORDS = ["今天", "60", "007", " ", "&<"];

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

const TOKENS = TEST_WORDS.map(
  (word, at) =>
    `<WordsGeneralizeToken><Length>${word.length}</Length><Offset>${at}</Offset><Pos>n</Pos><Word>${escaped(word)}</Word></WordsGeneralizeToken>`,
).join("");

/** A job that says of itself that it is a test. */
export const TEST_CALLBACK = `<Response><EventName>TaskFinish</EventName><JobsDetail><Code>Success</Code><Input><BucketId>doctor-test</BucketId><Object>doctor-test.txt</Object><Region>doctor-test</Region></Input><JobId>${TEST_JOB}</JobId><Message>Success</Message><Operation><UserData>${USER_DATA}</UserData><WordsGeneralizeResult>${TOKENS}</WordsGeneralizeResult></Operation><State>Success</State><Tag>DoctorTest</Tag></JobsDetail></Response>`;

/** What CI's consoles post when a callback URL is saved: it names no job. */
export const TEST_MESSAGE = `{"code":0,"data":{"trace_id":"test_trace_id"},"message":"Test request of npm run doctor"}`;

const digestOf = (body: string): string => createHash("sha256").update(body).digest("hex");
const NEVER_A_KEY = "doctor-wrong-key";

/** How long a queue may take to bring a callback to the store, in seconds. */
const QUEUE_SECONDS = 20;

export async function checkWrongKey(ask: Ask, local: boolean): Promise<Finding[]> {
  const { status } = await ask(`callbacks/${NEVER_A_KEY}`, { method: "POST", body: "" });
  const refused = status === 404 || status === 429;
  const findings = [
    refused
      ? good("wrong key", `refused as a wrong path is (${status})`)
      : fault(
          "wrong key",
          `answered ${status}, not 404`,
          "Check what stands before the receiver: anybody may post now, or nobody.",
        ),
  ];
  if (local) return findings;
  // Nothing is posted: a path that is there answers GET with 405, one that is not with 404.
  const [asKey, asToken] = await Promise.all([
    ask(`callbacks/${LOCAL_KEY}`),
    ask("deliveries?limit=1", { headers: { authorization: `Bearer ${LOCAL_TOKEN}` } }),
  ]);
  const open = [...(asKey.status === 405 ? [LOCAL_KEY] : []), ...(asToken.status === 200 ? [LOCAL_TOKEN] : [])];
  if (open.length > 0)
    findings.push(
      fault(
        "example secrets",
        `${open.join(" and ")} work here, and everybody knows them`,
        "Set others: docs/deploy.md#rotate-a-key-without-losing-a-callback.",
      ),
    );
  return findings;
}

export async function checkNoToken(ask: Ask): Promise<Finding> {
  const { status } = await ask("jobs?limit=1");
  if (status === 401 || status === 429) return good("no token", `look-ups are refused without (${status})`);
  return fault(
    "no token",
    `a look-up without a token is answered ${status}, not 401`,
    "Check what stands before the receiver, such as a cache.",
  );
}

/** Posts the test bodies and looks the job up again. */
export async function checkRoundTrip(ask: Ask, key: string | null, token: string | null): Promise<Finding[]> {
  if (key === null) return [leftOut("round trip", "needs --key or CALLBACK_KEY"), ...(await checkToken(ask, token))];
  const posted = await post(ask, key, TEST_CALLBACK, "application/xml");
  const receipt = checkReceipt(posted);
  if (receipt.verdict === "fault") return [receipt, ...(await checkToken(ask, token))];
  const message = await post(ask, key, TEST_MESSAGE, "application/json");
  const isTaken =
    message.status === 200 && ["no-job", "duplicate", "queued", "spilled"].includes(String(message.said["status"]));
  const console = isTaken
    ? good("console test", "a body that names no job is answered 200, as CI's consoles want")
    : fault(
        "console test",
        `a body that names no job is answered ${message.status}, not 200`,
        "CI's consoles do not save such a callback URL. See the log of the receiver.",
      );
  return [receipt, console, await checkLookUp(ask, token, posted.said["status"] === "queued")];
}

const post = (ask: Ask, key: string, body: string, type: string): Promise<Answer> =>
  ask(`callbacks/${encodeURIComponent(key)}`, { method: "POST", body, headers: { "content-type": type } });

function checkReceipt({ status, said, fault: why, milliseconds }: Answer): Finding {
  const check = "callback";
  const taken = `${String(said["status"])} in ${Math.round(milliseconds)} ms`;
  if (status === 404)
    return fault(check, "the key is not one of the receiver's CALLBACK_KEYS", "Give one with --key or CALLBACK_KEY.");
  const isAccepted = status === 200;
  if (isAccepted && said["status"] === "spilled")
    return warning(check, `${taken}: D1 did not take it`, "docs/operations.md#d1-is-down");
  const isRight =
    isAccepted &&
    said["delivery"] === digestOf(TEST_CALLBACK) &&
    JSON.stringify(said["jobs"]) === JSON.stringify([TEST_JOB]);
  if (isRight)
    return good(check, said["status"] === "duplicate" ? `${taken}, since an earlier run posted it too` : taken);
  if (isAccepted)
    return fault(
      check,
      "the receipt names another delivery or job than was posted",
      "Something changes bodies on the way.",
    );
  const detail = typeof said["detail"] === "string" ? `: ${said["detail"]}` : "";
  return fault(check, why ?? `answered ${status}${detail}`, "See /readyz and the log of the receiver.");
}

const LOOK_UP = "look-up";

const wrongToken = (): Finding =>
  fault(LOOK_UP, "the token is not one of the receiver's LOOKUP_TOKENS", "Give one with --token or LOOKUP_TOKEN.");

/** Says that the token is wrong, where there is no job to look up with it. */
async function checkToken(ask: Ask, token: string | null): Promise<Finding[]> {
  if (token === null) return [];
  const { status } = await ask("jobs?limit=1", { headers: { authorization: `Bearer ${token}` } });
  return status === 401 ? [wrongToken()] : [];
}

async function checkLookUp(ask: Ask, token: string | null, isQueued: boolean): Promise<Finding> {
  const check = LOOK_UP;
  if (token === null) return leftOut(check, "needs --token or LOOKUP_TOKEN");
  const init = { headers: { authorization: `Bearer ${token}` } };
  let answer = await ask(`jobs/${TEST_JOB}`, init);
  const patienceSeconds = isQueued ? QUEUE_SECONDS : 0;
  for (let seconds = 0; answer.status === 404 && seconds < patienceSeconds; seconds += 1) {
    await sleep(1_000);
    answer = await ask(`jobs/${TEST_JOB}`, init);
  }
  const { status, said, milliseconds, headers } = answer;
  if (status === 401) return wrongToken();
  if (status === 404 && headers.has("x-consistency"))
    return warning(check, "not found yet: KV may be a minute late", "Run the doctor again in a minute.");
  if (status === 404 && isQueued)
    return warning(
      check,
      `the queue has not brought the job to the store within ${QUEUE_SECONDS} s`,
      "Run the doctor again. If it lasts: does the queue have this Worker as its consumer? npx wrangler queues list",
    );
  if (status !== 200)
    return fault(check, answer.fault ?? `answered ${status}`, "See /readyz and the log of the receiver.");
  const { tag, state, userData } = said;
  const isSame =
    JSON.stringify([tag, state, userData, wordsOf(said)]) ===
    JSON.stringify(["DoctorTest", "Success", USER_DATA, TEST_WORDS]);
  if (isSame) return good(check, `the job is found as it was sent, in ${Math.round(milliseconds)} ms`);
  return fault(
    check,
    "the job is found, and not as it was sent",
    "Report it, with what /jobs/doctor-test-job answers.",
  );
}

function wordsOf({ detail }: Readonly<Record<string, unknown>>): unknown {
  const tokens = (detail as { Operation?: { WordsGeneralizeResult?: { WordsGeneralizeToken?: { Word: string }[] } } })
    ?.Operation?.WordsGeneralizeResult?.WordsGeneralizeToken;
  return tokens?.map((token) => token.Word);
}
