/** Our clients against NVIDIA's Triton, whose program the Python package brings. */

import { askDecoupled } from "./decoupled_stream.ts";
import { askDoubler } from "./doubler_server.ts";
import { startPythonServer } from "./python_server.ts";
import { pythonVenv } from "./python_venv.ts";

const { python, missing } = await pythonVenv("triton", "triton/requirements.txt", { largeMb: 370 });
const reason = missing === null ? "" : ` (ignored: ${missing})`;

Deno.test(`Triton is understood${reason}`, { ignore: missing !== null }, async (test) => {
  const { triton, packages } = await findTriton(python!);
  const read = (name: string) => Deno.readTextFile(new URL(`triton/${name}`, import.meta.url));
  const files = {
    "m/config.pbtxt": await read("config.pbtxt"),
    "m/1/model.py": await read("model.py"),
    "decoupled/config.pbtxt": await read("decoupled.pbtxt"),
    "decoupled/1/model.py": await read("decoupled.py"),
  };
  await using server = await startPythonServer(
    () => files,
    ({ http, grpc, metrics }, folder) => ({
      program: `${triton}/bin/tritonserver`,
      // deno-fmt-ignore
      args: ["--model-repository", folder, "--backend-directory", `${triton}/backends`,
        "--http-port", String(http), "--grpc-port", String(grpc), "--metrics-port", String(metrics)],
      env: {
        LD_LIBRARY_PATH: `${triton}/external_libs:${triton}/lib:${triton}`,
        PYTHONPATH: packages,
        PATH: `${python!.replace(/\/[^/]*$/, "")}:${Deno.env.get("PATH") ?? ""}`,
      },
    }),
  );
  const unknown = /--model_version/;
  await askDoubler(test, server, { unknownVersion: { http: unknown, grpc: unknown } });
  await test.step("a decoupled model in a stream", () => askDecoupled(server.grpcPort));
});

/** Where the program lies, with the backend's helper for this Python put where Triton looks for it. */
async function findTriton(python: string) {
  const script = "import pytriton, sys; print(pytriton.__path__[0], *sys.version_info[:2])";
  const { stdout } = await new Deno.Command(python, { args: ["-c", script] }).output();
  const [path = "", major, minor] = new TextDecoder().decode(stdout).trim().split(" ");
  const triton = `${path}/tritonserver`;
  const helper = "triton_python_backend_stub";
  await Deno.copyFile(
    `${triton}/python_backend_stubs/${major}.${minor}/${helper}`,
    `${triton}/backends/python/${helper}`,
  );
  return { triton, packages: path.replace(/\/[^/]*$/, "") };
}
