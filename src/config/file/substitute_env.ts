/** `${NAME}` in the strings of a configuration file stands for a variable of the environment. */

import type { FileProblem } from "./file_problem.ts";
import type { YamlNode } from "./yaml_node.ts";

/** The value of a variable; undefined when there is none. */
export type ReadEnv = (name: string) => string | undefined;

/** The node with all variables put in; `$${` stands for the characters `${`. */
export function substituteEnv(node: YamlNode, read: ReadEnv, problems: FileProblem[]): YamlNode {
  switch (node.kind) {
    case "list":
      return { ...node, items: node.items.map((item) => substituteEnv(item, read, problems)) };
    case "map": {
      const entries = [...node.entries].map(([key, entry]) =>
        [key, { ...entry, node: substituteEnv(entry.node, read, problems) }] as const
      );
      return { ...node, entries: new Map(entries) };
    }
  }
  const { value: written, place } = node;
  if (typeof written !== "string" || !written.includes("${")) return node;
  const value = written.replace(/\$\$\{|\$\{([^}]*)(\}?)/g, (piece, name: string, end: string) => {
    if (piece === "$${") return "${";
    const found = end === "" ? unclosed : readVariable(name, read);
    if (typeof found === "string") return found;
    problems.push({ setting: null, place, message: found.message });
    return unsetMark;
  });
  return { ...node, value, written };
}

/** In place of what is missing, so that the rest of the text can still be judged. */
const unsetMark = "unset";

const unclosed = {
  message: "${ needs a } behind the variable's name; $${ stands for the two characters themselves",
};

function readVariable(name: string, read: ReadEnv): string | { readonly message: string } {
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    return { message: `\${${name}} names no variable of the environment, must be like \${NAME}` };
  }
  try {
    return read(name) ?? { message: `variable ${name} is not set in the environment` };
  } catch (error) {
    return { message: `variable ${name} cannot be read: ${(error as Error).message}` };
  }
}
