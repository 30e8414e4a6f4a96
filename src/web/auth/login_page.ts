/** The HTML of the login page. */

import { html } from "hono/html";
import { languages } from "../static/app/texts.js";

type Language = keyof typeof languages;

/** The first of a browser's languages, best first as it sends them, that there is. */
export function loginLanguage(acceptLanguage = ""): Language {
  const codes = acceptLanguage.split(",").map((part) => part.trim().slice(0, 2).toLowerCase());
  return codes.find((code): code is Language => Object.hasOwn(languages, code)) ?? "en";
}

/** What the page shows. */
export interface LoginPageOptions {
  readonly kinds: { readonly token: boolean; readonly password: boolean };
  /** Where it goes on afterwards: a path of this server. */
  readonly next: string;
  /** The path before ours, with a slash at both ends. */
  readonly base: string;
  readonly language: Language;
  /** Why it is shown again: after a wrong key, or too many of them; null = for the first time. */
  readonly problem: "wrong" | "wait" | null;
}

/** Everything that is put in is escaped. */
export function loginPage({ kinds, next, language, problem, base }: LoginPageOptions) {
  const texts = languages[language];
  const said = problem === null
    ? ""
    : html`<p class="problem" role="alert">${texts[`login.${problem}`]}</p>`;
  // Managers of passwords want to know whose it is.
  const owner = kinds.password ? "" : html`
    <input type="text" value="token" autocomplete="username" aria-hidden="true" hidden>
  `;
  const token = html`
    ${owner}<label>${texts["login.token"]}
      <input name="token" type="password" autocomplete="current-password"
        ${kinds.password ? "" : "autofocus"}>
    </label>
  `;
  const password = html`
    <label>${texts["login.user"]} <input name="user" autocomplete="username" autofocus></label>
    <label>${texts["login.password"]}
      <input name="password" type="password" autocomplete="current-password">
    </label>
  `;
  const or = kinds.token && kinds.password ? html`<p class="or">${texts["login.or"]}</p>` : "";
  return html`
    <!DOCTYPE html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>${texts["login.title"]} – Sightline</title>
        <link rel="icon" href="${base}static/icon.svg" type="image/svg+xml">
        <link rel="stylesheet" href="${base}static/style.css">
      </head>
      <body class="login">
        <main>
          <form method="post" action="${base}login">
          <h1 class="brand"><img src="${base}static/icon.svg" alt="" width="28" height="28">Sightline</h1>
          ${said}${kinds.password ? password : ""}${or}${kinds.token ? token : ""}
          <input name="next" type="hidden" value="${next}">
          <button>${texts["login.title"]}</button>
        </form>
        </main>
      </body>
    </html>
  `;
}
