/** The HTML of the login page. */

import { html } from "hono/html";

/** What the page shows. */
export interface LoginPageOptions {
  readonly kinds: { readonly token: boolean; readonly password: boolean };
  /** Where it goes on afterwards: a path of this server. */
  readonly next: string;
  /** The path before ours, with a slash at both ends. */
  readonly base: string;
  /** What was wrong; null on the first visit. */
  readonly problem: string | null;
}

/** Everything that is put in is escaped. */
export function loginPage({ kinds, next, problem, base }: LoginPageOptions) {
  const wrong = problem === null ? "" : html`<p class="problem" role="alert">${problem}</p>`;
  // Managers of passwords want to know whose it is.
  const owner = kinds.password ? "" : html`
    <input type="text" value="token" autocomplete="username" aria-hidden="true" hidden>
  `;
  const token = html`
    ${owner}<label>Token
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
        <meta name="color-scheme" content="light dark">
        <title>Sign in – Sightline</title>
        <link rel="icon" href="${base}static/icon.svg" type="image/svg+xml">
        <link rel="stylesheet" href="${base}static/style.css">
      </head>
      <body class="login">
        <form method="post" action="${base}login">
          <p class="brand"><img src="${base}static/icon.svg" alt="" width="28" height="28">Sightline</p>
          ${wrong}${kinds.password ? password : ""}${or}${kinds.token ? token : ""}
          <input name="next" type="hidden" value="${next}">
          <button>Sign in</button>
        </form>
      </body>
    </html>
  `;
}
