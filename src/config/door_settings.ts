/** Who gets into the live view, and how. */

import { rebasePath } from "./rebase.ts";
import { text, toggle } from "../settings/setting.ts";

const SECRET_ALLOWED = "1 to 1024 characters on one line";
const SECRET = /^\P{Cc}{1,1024}$/u;
const FILE_ALLOWED = "the path of a file";

/** Settings of the process. */
export const doorSettings = {
  visualizer_token: text(SECRET_ALLOWED, {
    group: "Live view",
    value: "TOKEN",
    secret: true,
    description: "who has it gets in; better --visualizer_token_file: others see command lines",
  }, SECRET),
  visualizer_token_file: text(FILE_ALLOWED, {
    group: "Live view",
    value: "FILE",
    rebase: rebasePath,
    description: "the file that holds it, and nothing else",
  }),
  visualizer_user: text("1 to 128 characters without a colon", {
    group: "Live view",
    value: "NAME",
    description: "who gets in with a password",
  }, /^[^:\p{Cc}]{1,128}$/u),
  visualizer_password: text(SECRET_ALLOWED, {
    group: "Live view",
    value: "WORD",
    secret: true,
    description: "the password; better --visualizer_password_file",
  }, SECRET),
  visualizer_password_file: text(FILE_ALLOWED, {
    group: "Live view",
    value: "FILE",
    rebase: rebasePath,
    description: "the file that holds it, and nothing else",
  }),
  visualizer_insecure: toggle({
    group: "Live view",
    description: "let everybody in who reaches --visualizer_host",
  }),
  visualizer_tls_cert: text(FILE_ALLOWED, {
    group: "Live view",
    value: "FILE",
    rebase: rebasePath,
    description: "PEM: serve https with this certificate, and those that vouch for it",
  }),
  visualizer_tls_key: text(FILE_ALLOWED, {
    group: "Live view",
    value: "FILE",
    rebase: rebasePath,
    description: "PEM: key of that certificate",
  }),
} as const;
