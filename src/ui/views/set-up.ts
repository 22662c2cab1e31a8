/** What a newcomer needs: the callback URL, a callback to try it with, and what to set at CI. */
import { html } from "hono/html";
import { copyable } from "./elements.ts";
import type { Html, View } from "../view.ts";

/** A word segmentation as CI posts it, on one line, without a quote that a shell would take. */
export const sampleCallback = (jobId: string): string =>
  `<Response><EventName>TaskFinish</EventName><JobsDetail><Code>Success</Code><JobId>${jobId}</JobId>` +
  "<Tag>WordsGeneralize</Tag><State>Success</State><Input><Object>hello.txt</Object></Input><Operation>" +
  "<WordsGeneralizeResult><WordsGeneralizeToken><Word>你好</Word><Offset>0</Offset><Length>2</Length><Pos>l</Pos>" +
  "</WordsGeneralizeToken><WordsGeneralizeToken><Word>世界</Word><Offset>2</Offset><Length>2</Length><Pos>n</Pos>" +
  "</WordsGeneralizeToken></WordsGeneralizeResult></Operation></JobsDetail></Response>";

export function setUp(view: View): Html {
  const { texts, origin } = view;
  const curl = `curl '${origin}/callbacks/<key>' -H 'Content-Type: application/xml' --data '${sampleCallback("try-1")}'`;
  return html`<dl class="set-up">
    <div>
      <dt>${texts.setUpUrl}</dt>
      <dd>
        ${copyable(view, "callback-url", `${origin}/callbacks/<key>`, texts.setUpUrl)}
        <p class="hint">${texts.setUpUrlHint}</p>
      </dd>
    </div>
    <div>
      <dt>${texts.setUpTry}</dt>
      <dd>
        ${copyable(view, "callback-curl", curl, texts.setUpTry)}
        <p class="hint">${texts.setUpTryHint}</p>
        <form method="post" action="/ui/test-callback"><button>${texts.sendTest}</button></form>
      </dd>
    </div>
    <div>
      <dt>${texts.setUpConsole}</dt>
      <dd><p>${texts.setUpConsoleHint}</p></dd>
    </div>
    <div>
      <dt>${texts.setUpApi}</dt>
      <dd>
        <p>${texts.setUpApiHint}</p>
        ${copyable(view, "callback-fields", `<CallBack>${origin}/callbacks/<key></CallBack>\n<CallBackFormat>JSON</CallBackFormat>`, texts.setUpApi)}
      </dd>
    </div>
  </dl>`;
}
