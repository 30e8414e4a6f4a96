/** Our clients against KServe's own server in Python, which is not model_server's ancestor. */

import { askDoubler } from "./doubler_server.ts";
import { startPythonServer } from "./python_server.ts";
import { pythonVenv } from "./python_venv.ts";

const { python, missing } = await pythonVenv("kserve", "kserve/requirements.txt", { largeMb: 450 });
const reason = missing === null ? "" : ` (ignored: ${missing})`;

Deno.test(
  `KServe's own server is understood${reason}`,
  { ignore: missing !== null },
  async (test) => {
    const script = new URL("kserve/server.py", import.meta.url).pathname;
    await using server = await startPythonServer(
      () => ({}),
      ({ http, grpc }) => ({ program: python!, args: [script, String(http), String(grpc)] }),
    );
    // Over REST it says that it knows none, over gRPC it does not look.
    await askDoubler(test, server, { unknownVersion: { http: /--model_version/, grpc: null } });
  },
);
