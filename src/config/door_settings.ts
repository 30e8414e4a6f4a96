/** Who gets into the live view, and how. */

import { path } from "../settings/paths.ts";
import { text, toggle } from "../settings/setting.ts";

const SECRET_ALLOWED = "1 to 1024 characters on one line";
const SECRET = /^\P{Cc}{1,1024}$/u;
const FILE_ALLOWED = "the path of a file";

/** Settings of the process. */
export const doorSettings = {
  visualizer_token: text(SECRET_ALLOWED, {
    group: "Live view",
    value: "TOKEN",
    secret: "whole",
    help: "who has it gets in; better --visualizer_token_file: others see command lines",
  }, SECRET),
  visualizer_token_file: path(FILE_ALLOWED, {
    group: "Live view",
    value: "FILE",
    help: "the file that holds it, and nothing else",
  }),
  visualizer_operate_token: text(SECRET_ALLOWED, {
    group: "Live view",
    value: "TOKEN",
    secret: "whole",
    help: "who has it may post events too; better --visualizer_operate_token_file",
  }, SECRET),
  visualizer_operate_token_file: path(FILE_ALLOWED, {
    group: "Live view",
    value: "FILE",
    help: "the file that holds it, and nothing else",
  }),
  visualizer_user: text("1 to 128 characters without a colon", {
    group: "Live view",
    value: "NAME",
    help: "who gets in with a password",
  }, /^[^:\p{Cc}]{1,128}$/u),
  visualizer_password: text(SECRET_ALLOWED, {
    group: "Live view",
    value: "WORD",
    secret: "whole",
    help: "the password; better --visualizer_password_file",
  }, SECRET),
  visualizer_password_file: path(FILE_ALLOWED, {
    group: "Live view",
    value: "FILE",
    help: "the file that holds it, and nothing else",
  }),
  visualizer_insecure: toggle({
    group: "Live view",
    help: "let everybody in who reaches --visualizer_host",
  }),
  visualizer_tls_cert: path(FILE_ALLOWED, {
    group: "Live view",
    value: "FILE",
    help: "PEM: serve https with this certificate, and those that vouch for it",
  }),
  visualizer_tls_key: path(FILE_ALLOWED, {
    group: "Live view",
    value: "FILE",
    help: "PEM: key of that certificate",
  }),
} as const;
