import assert from "node:assert/strict";
import { type Attempt, Credentials } from "./credentials.ts";

Deno.test("Credentials.read() takes a file's one line, and names a file that it cannot use", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, "secret\r\n");
    const access = { token: { file }, user: null, password: null };
    const credentials = await Credentials.read(access);
    assert.ok(credentials.roleOfHeader("Bearer secret"));
    assert.deepEqual(credentials.kinds, { token: true, password: false });
    // No user and no password is not an empty password.
    assert.ok(!credentials.roleOfHeader("Basic Og=="));
    await Deno.writeTextFile(file, "\n");
    await assert.rejects(Credentials.read(access), {
      message: `Cannot use the secret in ${file}: the file is empty`,
    });
  } finally {
    await Deno.remove(file);
  }
  const access = { token: { file }, user: null, password: null };
  await assert.rejects(Credentials.read(access), /^Error: Cannot read the secret in .*: /);
});

const none: Attempt = { token: "", user: "", password: "" };

Deno.test("Credentials.roleOf() opens to a token, or to a user with the password, and to nothing that is empty", () => {
  const both = new Credentials("token", "user", "password", "operate");
  const rows: [attempt: Partial<Attempt>, role: string | null][] = [
    [{ token: "token" }, "view"],
    [{ token: "operate" }, "operate"],
    [{ token: "tokens" }, null],
    [{ user: "user", password: "password" }, "view"],
    [{ user: "user", password: "token" }, null],
    [{ user: "other", password: "password" }, null],
    [{ password: "password" }, null],
    [{ user: "user" }, null],
    [{ token: "operate", user: "x", password: "y" }, "operate"],
    [{}, null],
  ];
  for (const [attempt, role] of rows) {
    assert.equal(both.roleOf({ ...none, ...attempt }), role, JSON.stringify(attempt));
  }
  for (
    const one of [
      new Credentials(null, null, null),
      new Credentials("token", null, null),
      new Credentials(null, null, "password"),
      new Credentials(null, null, null, "operate"),
    ]
  ) {
    assert.equal(one.roleOf(none), null);
    assert.equal(one.roleOfHeader("Bearer x"), null);
  }
  // A password without a user is one whose user is empty.
  assert.equal(
    new Credentials(null, null, "password").roleOf({ ...none, password: "password" }),
    "view",
  );
});

Deno.test("Credentials.roleOfHeader() takes Bearer and Basic, written in any case", () => {
  const credentials = new Credentials("token", "user", "pass:word", "operate");
  const rows: [header: string | undefined, role: string | null][] = [
    ["Bearer token", "view"],
    ["bEARER  operate ", "operate"],
    ["Bearer", null],
    ["Bearer token more", null],
    ["token", null],
    [`Basic ${btoa("user:pass:word")}`, "view"],
    [`basic ${btoa("user:pass")}`, null],
    [`Basic ${btoa("token")}`, null],
    [`Bearer ${btoa("user:pass:word")}`, null],
    ["Basic token", null],
    ["Basic ###", null],
    [undefined, null],
  ];
  for (const [header, role] of rows) {
    assert.equal(credentials.roleOfHeader(header), role, String(header));
  }
});

Deno.test("Credentials tells what the login asks for, and whether anybody may operate", () => {
  const rows: [credentials: Credentials, token: boolean, password: boolean, operate: boolean][] = [
    [new Credentials(null, null, null), false, false, false],
    [new Credentials("t", null, null), true, false, false],
    [new Credentials(null, "u", "p"), false, true, false],
    [new Credentials(null, null, null, "o"), true, false, true],
  ];
  for (const [credentials, token, password, operate] of rows) {
    assert.deepEqual(credentials.kinds, { token, password });
    assert.equal(credentials.canOperate, operate);
  }
});

Deno.test("Credentials.read() takes what is written in place as it is", async () => {
  const credentials = await Credentials.read({
    ...{ token: { value: "t" }, user: "u", password: { value: "p\n" } },
    operateToken: { value: "o" },
  });
  assert.equal(credentials.roleOf({ ...none, token: "t" }), "view");
  assert.equal(credentials.roleOf({ ...none, token: "o" }), "operate");
  assert.equal(credentials.roleOf({ ...none, user: "u", password: "p\n" }), "view");
});
