import { deepEqual, equal, match } from "node:assert/strict";
import { loginLanguage, loginPage, type LoginPageOptions } from "./login_page.ts";

const options: LoginPageOptions = {
  kinds: { token: true, password: true },
  ...{ next: "/", base: "/", language: "en", problem: null },
};

async function page(more: Partial<LoginPageOptions>): Promise<string> {
  return String(await loginPage({ ...options, ...more }));
}

Deno.test("loginPage() asks for what there is, and puts the cursor where one begins", async () => {
  const rows: [kinds: LoginPageOptions["kinds"], fields: string[], first: string][] = [
    [{ token: true, password: true }, ["user", "password", "or", "token"], "user"],
    [{ token: false, password: true }, ["user", "password"], "user"],
    [{ token: true, password: false }, ["owner", "token"], "token"],
  ];
  const field =
    /name="(user|password|token)"|class="(or)"|value="token" autocomplete="(user)name"/g;
  for (const [kinds, fields, first] of rows) {
    const text = await page({ kinds });
    const found = [...text.matchAll(field)].map(([, name, or, owner]) =>
      name ?? or ?? (owner && "owner")
    );
    deepEqual(found, fields);
    const focused = [...text.matchAll(/name="(\w+)"[^>]*autofocus/g)].map(([, name]) => name);
    deepEqual(focused, [first]);
  }
});

Deno.test("loginPage() says that a key was wrong, or that there were too many, and only then", async () => {
  const problem = /<p class="problem" role="alert">(.*)<\/p>/;
  const said = async (more: Partial<LoginPageOptions>) => problem.exec(await page(more))?.[1];
  equal(await said({ problem: "wrong" }), "That is not right.");
  equal(await said({ problem: "wait" }), "Too many wrong keys: wait a minute.");
  equal(await said({}), undefined);
});

Deno.test("loginPage() speaks a language, lies under its path, and keeps where it goes on", async () => {
  const text = await page({ language: "de", base: "/cams/", next: '/a?b="<&' });
  match(text, /<html lang="de">/);
  match(text, /<title>Anmelden – Sightline<\/title>/);
  match(text, /<form method="post" action="\/cams\/login">/);
  match(text, /name="next" type="hidden" value="\/a\?b=&quot;&lt;&amp;"/);
  equal(text.match(/(?:href|src)="\/cams\/static\//g)?.length, 3);
});

Deno.test("loginLanguage() takes the first that there is, however it is written, else English", () => {
  const rows: [accepted: string | undefined, language: string][] = [
    [undefined, "en"],
    ["", "en"],
    ["fr", "en"],
    ["fr, DE-at;q=0.9, en;q=0.8", "de"],
    ["en-GB,de", "en"],
    ["toString,de", "de"],
  ];
  for (const [accepted, language] of rows) equal(loginLanguage(accepted), language);
});
