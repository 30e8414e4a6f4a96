/** Logger names for names that users chose. */

/**
 * LogTape keeps the children of a logger in a plain object, where `constructor` and the like are
 * there from the beginning: in quotes they are names like others.
 */
export function childName(name: string): string {
  return name in {} ? JSON.stringify(name) : name;
}
