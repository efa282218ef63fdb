import * as z from 'zod';

/** Its own path within the execution, as an import would have it from the top. */
const modulePath = /^(?:[A-Za-z0-9_@][A-Za-z0-9_@.-]*\/)*[A-Za-z0-9_@][A-Za-z0-9_@.-]*\.(?:m?js|m?ts|json)$/;
const pathCharsMax = 200;
const depthMax = 16;
const modulesMax = 100;
/** All of it becomes the input of one run. */
const sourceCharsMax = 350_000;

/**
 * The path of a module: names separated by `/`. Whatever could lead elsewhere when it is read as a path or as a URL is no
 * name: `..`, an empty one, a backslash, a percent sign, a NUL, a scheme.
 */
const modulePathSchema = z
  .string()
  .max(pathCharsMax)
  .regex(modulePath, {
    error: 'must be a relative path such as lib/sum.js: names of letters, digits and _ @ . -, separated by /',
  })
  .refine((path) => path.split('/').length <= depthMax, { error: `must have at most ${depthMax} names` });

export const codeSchema = z
  .record(modulePathSchema, z.string().max(sourceCharsMax))
  .refine((code) => Object.keys(code).length > 0, { error: 'must have at least one module' })
  .refine((code) => Object.keys(code).length <= modulesMax, {
    error: `must have at most ${modulesMax} modules`,
  });

/** As a module exports it. */
const functionNameSchema = z
  .string()
  .max(64)
  .regex(/^[A-Za-z_$][A-Za-z0-9_$]*$/, { error: 'must be the name of an exported function' });

/** What an execution of stored code is given. */
export const storedCodeSchema = z
  .strictObject({
    code: codeSchema,
    /** The module that exports the function. */
    filePath: modulePathSchema,
    functionName: functionNameSchema,
    parameters: z.unknown(),
  })
  .superRefine(({ code, filePath }, { addIssue }) => {
    if (Object.hasOwn(code, filePath) && !filePath.endsWith('.json')) return;
    addIssue({ code: 'custom', path: ['filePath'], message: 'must be one of the modules in code' });
  });

export type StoredCode = z.output<typeof storedCodeSchema>;

/** Where an execution begins that does not say so: in its only module, or in `index`. */
export function defaultFilePath(code: Readonly<Record<string, string>>): string | undefined {
  const modules = Object.keys(code).filter((path) => !path.endsWith('.json'));
  if (modules.length === 1) return modules[0];
  return ['index.js', 'index.mjs', 'index.ts', 'index.mts'].find((path) => Object.hasOwn(code, path));
}
