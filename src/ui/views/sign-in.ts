/** The page that asks for a look-up token. */
import { html } from "hono/html";
import { layout } from "./layout.ts";
import type { Html, View } from "../view.ts";

export interface SignIn {
  /** Where to go once signed in: a path of this receiver. */
  back: string;
  fault: "wrong-token" | "too-many" | null;
  /** False where no look-up token is set at all. */
  canSignIn: boolean;
}

export function signInPage(view: View, { back, fault, canSignIn }: SignIn): Html {
  const { texts } = view;
  const faultText = { "wrong-token": texts.wrongToken, "too-many": texts.tooManyTokens };
  const body = html`<div class="sign-in">
    <h1>${texts.signIn}</h1>
    <p class="lead">${texts.signInLead}</p>
    ${!canSignIn && html`<p class="alert" role="alert">${texts.noTokenSet}</p>`}
    ${!keepsCookies(view.origin) && html`<p class="alert">${texts.needsHttps}</p>`}
    <form method="post" action="/ui/sign-in" class="stack">
      <input type="hidden" name="back" value="${back}" />
      <label for="token">${texts.token}</label>
      <input
        id="token"
        name="token"
        type="password"
        required
        autofocus
        autocomplete="current-password"
        aria-describedby="token-hint"
        ${fault && html`aria-invalid="true" aria-errormessage="token-fault"`}
      />
      ${fault && html`<p class="alert" role="alert" id="token-fault">${faultText[fault]}</p>`}
      <p class="hint" id="token-hint">${texts.tokenHint}</p>
      <button class="primary">${texts.signIn}</button>
    </form>
  </div>`;
  return layout(view, { title: texts.signIn, body });
}

/** A cookie marked Secure is kept over https and, by most browsers, from this machine. */
const keepsCookies = (origin: string): boolean => {
  const { protocol, hostname } = new URL(origin);
  return (
    protocol === "https:" || hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "127.0.0.1"
  );
};
