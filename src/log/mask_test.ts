import assert from "node:assert/strict";
import {
  encodeSecret,
  isKeyLike,
  maskAddress,
  maskSecrets,
  maskText,
  maskUrl,
  secretTexts,
  splitUrl,
} from "./mask.ts";

const urls: [url: string, userinfo: string | null, rest: string, masked: string][] = [
  ["rtsp://cam/live", null, "cam/live", "rtsp://cam/live"],
  ["rtsp://u:secret@cam/live", "u:secret", "cam/live", "rtsp://u:***@cam/live"],
  ["rtsp://u@cam:554/live", "u", "cam:554/live", "rtsp://u@cam:554/live"],
  [
    "rtsp://u:p@:/#?!x@10.0.0.1:8554/a?b=c",
    "u:p@:/#?!x",
    "10.0.0.1:8554/a?b=c",
    "rtsp://u:***@10.0.0.1:8554/a?b=c",
  ],
  ["rtsp://u:p@ss/#?!@cam.lan/x", "u:p@ss/#?!", "cam.lan/x", "rtsp://u:***@cam.lan/x"],
  ["rtsp://u:a/b@cam/x", "u:a/b", "cam/x", "rtsp://u:***@cam/x"],
  ["rtsp://u:pw@10.0.0.1/stream@2", "u:pw", "10.0.0.1/stream@2", "rtsp://u:***@10.0.0.1/stream@2"],
  ["rtsp://cam/live@main", null, "cam/live@main", "rtsp://cam/live@main"],
  [
    "rtsp://u:pw@cam.lan:554/live@main",
    "u:pw",
    "cam.lan:554/live@main",
    "rtsp://u:***@cam.lan:554/live@main",
  ],
  ["rtsp://@cam/a@", "", "cam/a@", "rtsp://@cam/a@"],
  ["rtsp://<camera>/x", null, "<camera>/x", "rtsp://<camera>/x"],
  ["rtsp://10.0.0.1:554/stream@2", null, "10.0.0.1:554/stream@2", "rtsp://10.0.0.1:554/stream@2"],
  ["rtsp://u:pw@[fe80::1]:554/x", "u:pw", "[fe80::1]:554/x", "rtsp://u:***@[fe80::1]:554/x"],
  [
    "http://cam/cgi?user=a&pwd=hidden&x=1",
    null,
    "cam/cgi?user=a&pwd=hidden&x=1",
    "http://cam/cgi?user=a&pwd=***&x=1",
  ],
];

Deno.test("maskUrl() knows the names that cameras have for a password, in the path as well", () => {
  const cases: [url: string, masked: string][] = [
    ["rtsp://cam/live?user=ada&pw=hidden&x=1", "rtsp://cam/live?user=ada&pw=***&x=1"],
    ["rtsp://cam/live?pin=hidden", "rtsp://cam/live?pin=***"],
    ["http://cam/v.cgi?loginuse=a&loginpas=hidden", "http://cam/v.cgi?loginuse=a&loginpas=***"],
    ["http://cam/v.cgi?usr=a&psw=hidden", "http://cam/v.cgi?usr=a&psw=***"],
    ["rtsp://cam/user=a_password=hidden_channel=1.sdp", "rtsp://cam/user=a_password=***"],
    ["rtsp://cam/user=a&password=hidden&channel=1", "rtsp://cam/user=a&password=***&channel=1"],
    ["rtsp://cam/view?power=1&spin=2&compass_x", "rtsp://cam/view?power=1&spin=2&compass_x"],
    ["http://cam/author.cgi?codec=h264", "http://cam/author.cgi?codec=h264"],
  ];
  for (const [url, masked] of cases) assert.equal(maskUrl(url), masked);
  assert.equal(maskSecrets("told hidden", "rtsp://cam.lan/live?pw=hidden"), "told ***");
});

for (const [url, userinfo, rest, masked] of urls) {
  Deno.test(`splitUrl() and maskUrl() on ${url}`, () => {
    const parts = splitUrl(url);
    assert.equal(parts?.userinfo, userinfo);
    assert.equal(parts?.rest, rest);
    assert.equal(maskUrl(url), masked);
  });
}

Deno.test("maskUrl() finds credentials in front of what is no host, or one of other letters", () => {
  const cases: [url: string, masked: string][] = [
    ["rtsp://u:secret@/live", "rtsp://u:***@/live"],
    ["rtsp://u:secret@cam:1live/x", "rtsp://u:***@cam:1live/x"],
    ["rtsp://u:p/w@cam:1live", "rtsp://u:***@cam:1live"],
    ["rtsp://u:secret@kämera/x", "rtsp://u:***@kämera/x"],
    ["rtsp://kämera:554/x", "rtsp://kämera:554/x"],
  ];
  for (const [url, masked] of cases) assert.equal(maskUrl(url), masked);
});

Deno.test("what may be a password is masked with its user, and found in texts", () => {
  const cases: [url: string, masked: string, password: string][] = [
    ["rtsp://u:12/secret@cam/x", "rtsp://***@cam/x", "12/secret"],
    ["rtsp://u:12?secret@cam:554/x", "rtsp://***@cam:554/x", "12?secret"],
    ["rtsp://u:12#s@cret@cam/x?token=abc", "rtsp://***@cam/x?token=***", "12#s@cret"],
    ["rtsp://u:12/secret@10.0.0.1/x", "rtsp://u:***@10.0.0.1/x", "12/secret"],
    ["rtsp://ada.l:12/secret@cam.lan/x", "rtsp://***@cam.lan/x", "12/secret"],
    ["rtsp://u:12/secret@[::1]/x", "rtsp://u:***@[::1]/x", "12/secret"],
  ];
  for (const [url, masked, password] of cases) {
    assert.equal(maskUrl(url), masked);
    assert.equal(maskSecrets(`tried ${url} with ${password}`, url), `tried ${masked} with ***`);
    assert.ok(secretTexts(url).includes(password), url);
  }
  const plain = [
    "rtsp://cam:554/stream@2",
    "rtsp://cam.lan:554/stream@main",
    "https://hooks.lan:8443/tell?to=ops@example.com",
    "rtsp://[::1]:554/x@y",
    "file://u:12/secret@cam/x",
  ];
  for (const url of plain) {
    assert.equal(maskUrl(url), url);
    assert.deepEqual(secretTexts(url), []);
  }
});

Deno.test("maskUrl() leaves alone what is no URL", () => {
  assert.equal(maskUrl("/clips/a@b.mp4"), "/clips/a@b.mp4");
});

Deno.test("encodeSecret() encodes what ffmpeg decodes, and nothing twice", () => {
  assert.equal(encodeSecret("p@:/#?!é%40%"), "p%40%3A%2F%23%3F%21%C3%A9%40%25");
});

Deno.test("maskSecrets() finds the password as typed, encoded, and in the whole URL", () => {
  const url = "rtsp://u:p@ss/w@cam/x";
  const text = `opened ${url}: tried p@ss/w, then rtsp://u:p%40ss%2Fw@cam/x`;
  assert.equal(
    maskSecrets(text, url),
    "opened rtsp://u:***@cam/x: tried ***, then rtsp://u:***@cam/x",
  );
});

Deno.test("maskSecrets() does not tear words apart for a short password", () => {
  const url = "rtsp://u:a@cam/x";
  assert.equal(maskSecrets("a camera at rtsp://u:a@cam/x", url), "a camera at rtsp://u:***@cam/x");
});

Deno.test("maskUrl() looks at the whole text and at a password without a user", () => {
  assert.equal(maskUrl("see rtsp://u:pw@cam.lan/x"), "see rtsp://u:pw@cam.lan/x");
  assert.equal(maskUrl("rtsp://:secret@cam.lan/x"), "rtsp://:***@cam.lan/x");
  assert.equal(maskUrl("rtsp://u:secret@cam.lan"), "rtsp://u:***@cam.lan");
  assert.equal(maskUrl("rtsp://u:a@localhosts/b@cam.lan/x"), "rtsp://u:***@cam.lan/x");
  assert.equal(maskUrl("rtsp://u:a@mylocalhost/b@10.0.0.1/x"), "rtsp://u:***@10.0.0.1/x");
  assert.equal(maskUrl("http://cam/?my_api_key_2=hidden#x"), "http://cam/?my_api_key_2=***#x");
});

Deno.test("maskSecrets() replaces a longer secret before one that is a part of it", () => {
  const url = "http://u:word@cam.lan/?token=password";
  assert.equal(maskSecrets("password and word", url), "*** and ***");
});

Deno.test("maskSecrets() takes four letters for a word of their own, and less only in its place", () => {
  assert.equal(maskSecrets("wx: wxyz", "rtsp://u:wxyz@cam.lan/"), "wx: ***");
  const short = "http://cam.lan/?key=wxy";
  assert.equal(maskSecrets("wxy key=wxy", short), "wxy key=***");
});

Deno.test("maskSecrets() finds secrets of a query, and of a broken percent-encoding", () => {
  assert.equal(maskSecrets("told hidden", "http://cam.lan/?a=b&my_pwd_1=hidden"), "told ***");
  assert.equal(maskSecrets("told 100%sure", "rtsp://u:100%sure@cam.lan/"), "told ***");
  assert.equal(maskSecrets("nothing of u", "rtsp://u@cam.lan/"), "nothing of u");
});

Deno.test("secretTexts() are what a text must hold before anything in it is masked", () => {
  const texts: [url: string, texts: string[]][] = [
    ["/dev/video0", []],
    ["rtsp://cam.lan/x", []],
    ["rtsp://u@cam.lan/x", []],
    ["rtsp://u:secret@cam.lan/x", ["secret"]],
    ["rtsp://u:wxyz@cam.lan/x", ["wxyz"]],
    ["rtsp://u:pass@10.0.0.1/stream@2", ["pass"]],
    ["rtsp://:secret@cam.lan/x", ["secret"]],
    ["rtsp://u:wxy@cam.lan/x", [":wxy@", "=wxy"]],
    ["rtsp://u:@cam.lan/x", ["rtsp://u:@cam.lan/x"]],
    ["rtsp://u:p@ss@cam.lan/?key=abcdefgh", ["abcdefgh", "p%40ss", "p@ss"]],
  ];
  for (const [url, expected] of texts) assert.deepEqual(secretTexts(url), expected, url);
});

Deno.test("a password is masked however odd the host behind it is", () => {
  const hosts = [
    "kamera-küche.local/live",
    "küche/x",
    "127.0.0.1:554live",
    "127.0.0.1:554554/x",
    "[::1/",
    "<camera>/x",
    "cam\\live",
    "cam.lan/live ",
    "cam ",
    "/x",
    "",
  ];
  for (const scheme of ["rtsp", "rtmp", "mqtt"]) {
    for (const password of ["secretpw", "p@:/#?w"]) {
      for (const host of hosts) {
        const url = `${scheme}://u:${password}@${host}`;
        assert.equal(maskUrl(url), `${scheme}://u:***@${host}`);
        assert.equal(maskSecrets(`tried ${password}`, url), "tried ***");
        assert.ok(secretTexts(url).includes(password), url);
      }
    }
  }
  for (const begin of [":\\\\", ":/", ":///"]) {
    const url = `rtsp${begin}u:secretpw@cam\\live`;
    assert.equal(
      maskUrl(url),
      begin === ":///" ? `rtsp${begin}u:***@cam\\live` : `rtsp${begin}***@cam\\live`,
    );
    assert.deepEqual(secretTexts(url), ["secretpw"]);
  }
  assert.equal(maskUrl(" rtsp://u:secretpw@cam/x"), " rtsp://***@cam/x");
});

Deno.test("a file's path has no password in it, and the token of NATS is one", () => {
  assert.equal(splitUrl("file:///clips/a@b.mp4")?.rest, "/clips/a@b.mp4");
  assert.equal(maskUrl("file:///clips/a:b@c.mp4"), "file:///clips/a:b@c.mp4");
  assert.equal(maskUrl("nats://s3cr3t@host:4222/x"), "nats://***@host:4222/x");
  assert.equal(maskUrl("nats://u:s3cr3t@host"), "nats://u:***@host");
  assert.equal(maskUrl("nats://:s3cr3t@host"), "nats://:***@host");
  // It may be a user, whose name is a word like any other.
  assert.equal(
    maskSecrets("sightline opens nats://sightline@host", "nats://sightline@host"),
    "sightline opens nats://***@host",
  );
});

const addresses: [address: string, masked: string][] = [
  [
    "https://hooks.slack.com/services/T0/B0/abcdefghijklmnopqrstuvwx",
    "https://hooks.slack.com/services/T0/B0/***",
  ],
  ["https://discord.com/api/webhooks/12/abc-DEF-123456", "https://discord.com/api/webhooks/12/***"],
  [
    "https://api.telegram.org/bot12:abcdefgh/sendMessage",
    "https://api.telegram.org/***/sendMessage",
  ],
  ["https://h/x?code=a1b2c3d4e5&n=3#s3cr3t", "https://h/x?code=***&n=3#***"],
  ["rtmps://u:pw@live.example.com:443/app/key/", "rtmps://u:***@live.example.com:443/app/***/"],
  ["nats://token@h1,h2/events", "nats://***@h1,h2/events"],
  ["mqtt://h/home/yard", "mqtt://h/home/yard"],
  ["file:///records/cam-2026-11.mp4", "file:///records/cam-2026-11.mp4"],
  ["stdout", "stdout"],
];

for (const [address, masked] of addresses) {
  Deno.test(`maskAddress() of ${address}`, () => assert.equal(maskAddress(address), masked));
}

Deno.test("isKeyLike() takes nine letters and digits for a key, and no word or number", () => {
  const words = ["abcd12345", "abcd1234", "abcdefghij", "1234567890", "a-1-b-2-c-3"];
  assert.deepEqual(words.map(isKeyLike), [true, false, false, false, true]);
});

Deno.test("maskText() masks what a plugin may have written", () => {
  const texts: [text: string, masked: string][] = [
    [
      "opens rtsp://ada:s3cret@cam/live token=abc, then\nhttp://h/x?key=a&b=c",
      "opens rtsp://ada:***@cam/live token=***, then\nhttp://h/x?key=***&b=c",
    ],
    ['{"url":"rtsp://ada:s3cret@cam/live","n":1}', '{"url":"rtsp://ada:***@cam/live","n":1}'],
    ["sends Bearer abcdefgh.ijk", "sends Bearer ***"],
    ["sends Basic YWRhOnMzY3JldA==", "sends Basic ***"],
    ["to rtmp://h/app/streamkey", "to rtmp://h/app/***"],
    [
      `{ apiKey: 'a\\'b c', "plate_token" : "x", n: 1, password: \`p\`, token: 5 }`,
      `{ apiKey: '***', "plate_token" : "***", n: 1, password: \`***\`, token: 5 }`,
    ],
    ["basic settings: token 5, see https://h/docs", "basic settings: token 5, see https://h/docs"],
  ];
  for (const [text, masked] of texts) assert.equal(maskText(text), masked);
});
