import { defineTask } from 'holdfast';
import * as z from 'zod';

/** Returns its input. */
export const echo = defineTask({ name: 'echo', input: z.unknown(), run: (input) => input });
