/** A configuration whose streams start no other program: their cameras are away, their plugins run in Workers. */

import assert from "node:assert/strict";
import { resolveConfig, type ResolvedConfig } from "../../src/config/resolve_config.ts";

/** Streams by name, with the code of their plugins, which are written into `folder`. */
export async function appConfig(
  folder: string,
  plugins: Readonly<Record<string, string>>,
): Promise<ResolvedConfig> {
  const streams = await Promise.all(
    Object.entries(plugins).map(async ([stream_name, code]) => {
      const use_case = `${folder}/${stream_name}.ts`;
      await Deno.writeTextFile(use_case, `// @ts-nocheck\n${code}`);
      return {
        ...{ stream_name, use_case, stream_url: "rtsp://127.0.0.1:1/none", no_model: true },
        ...{ isolation: "worker", sink: ["jsonl:/dev/null"] },
      };
    }),
  );
  const { config, problems } = resolveConfig({ process: {}, streams });
  assert.ok(config !== null, JSON.stringify(problems));
  return config;
}
