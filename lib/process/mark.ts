/**
 * The variable by which descendants of a program are found that left its process group. A program's mark begins with
 * the mark of the process that started it, so the descendants of its descendants are found by it as well.
 */
export const markVariable = 'HOLDFAST_PROCESS';

const own = [process.env[markVariable], crypto.randomUUID()].filter(Boolean).join('/');
let programs = 0;

/** What all programs of this process have in their environment, as a beginning. */
export const ownMark = `${own}/`;

/** For one more program. Ends in a slash, so that no mark is the beginning of another one's. */
export const nextMark = (): string => `${ownMark}${++programs}/`;
