/** One line for an error and its causes. */

/** Causes deeper than this are left out; an error may also be its own cause. */
const maxDepth = 5;

const tooManyOpenFiles =
  "this process may not have more open at once: raise its limit with ulimit -n, " +
  "LimitNOFILE= (systemd) or --ulimit nofile= (Docker), 12 for each stream";

/** `message: cause's message: …`; a cause whose message is already part of the line is not repeated. */
export function describeError(error: unknown): string {
  let line = messageOf(error);
  let current = causeOf(error);
  for (let depth = 0; current !== undefined && depth < maxDepth; depth++) {
    const message = messageOf(current);
    if (!line.includes(message)) line += `: ${message}`;
    current = causeOf(current);
  }
  return line;
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") {
    return error.errors.map(messageOf).join("; ");
  }
  if (error instanceof Error) return withAdvice(error.message || error.name);
  try {
    return String(error);
  } catch {
    // An object without a prototype, say: a plugin may throw anything.
    return `a thrown ${typeof error}`;
  }
}

/** What the system calls "files" are sockets and pipes as well, which few users know. */
export function withAdvice(message: string): string {
  return tellsOfDescriptors(message) && !message.includes(tooManyOpenFiles)
    ? `${message}; ${tooManyOpenFiles}`
    : message;
}

/** Whether this process has run out of file descriptors, which is the fault of no file. */
export function tellsOfDescriptors(message: string): boolean {
  return /\(os error 24\)|\bEMFILE\b|Too many open files/i.test(message);
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause ?? undefined : undefined;
}
