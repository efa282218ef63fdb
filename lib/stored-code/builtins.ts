/**
 * The modules of Node that stored code may import whatever is set: they compute, and hand out nothing else. Many that
 * look harmless are not among them. `events` and `util` lead to objects that Node itself calls methods of; `crypto`,
 * `stream` and `url` to buffers, which show memory that was freed; `assert` reads the file that a stack names.
 */
export const harmlessBuiltins: readonly string[] = ['node:path', 'node:path/posix', 'node:timers/promises'];
