/** The HTML of the login page. */

import { html } from "hono/html";

/** What the page shows. */
export interface LoginPageOptions {
  readonly kinds: { readonly token: boolean; readonly password: boolean };
  /** Where it goes on afterwards: a path of this server. */
  readonly next: string;
  /** What was wrong; null on the first visit. */
  readonly problem: string | null;
}

/** Everything that is put in is escaped. */
export function loginPage({ kinds, next, problem }: LoginPageOptions) {
  const wrong = problem === null ? "" : html`<p class="problem" role="alert">${problem}</p>`;
  const token = html`
    <label>Token
      <input name="token" type="password" autocomplete="current-password" autofocus>
    </label>
  `;
  const password = html`
    <label>User <input name="user" autocomplete="username" autofocus></label>
    <label>Password
      <input name="password" type="password" autocomplete="current-password">
    </label>
  `;
  const or = kinds.token && kinds.password ? html`<p class="or">or</p>` : "";
  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="dark light">
        <title>Sign in – Sightline</title>
        <link rel="icon" href="/static/icon.svg" type="image/svg+xml">
        <link rel="stylesheet" href="/static/style.css">
      </head>
      <body class="login">
        <form method="post" action="/login">
          <p class="brand"><img src="/static/icon.svg" alt="" width="28" height="28">Sightline</p>
          ${wrong}${kinds.password ? password : ""}${or}${kinds.token ? token : ""}
          <input name="next" type="hidden" value="${next}">
          <button>Sign in</button>
        </form>
      </body>
    </html>
  `;
}
