/*
 * What the types of the builder are made of. A check of an argument stands in an intersection beside the plain type
 * that is inferred from it: a conditional type in its place would widen what is inferred, so checks that concern a key
 * are mapped types. The types that go on are written out where they go on: by a name of this module they would stand in
 * the declarations of other packages, which cannot import it.
 */

declare const value: unique symbol;

/** All that a body must return: a chain, by what it ends with. */
export interface End<out Value> {
  readonly [value]: Value;
}

/** A problem, as a type that no argument has: the compiler shows its text. */
export interface Problem<out Text> {
  readonly 'the definition is wrong': Text;
}

/** Nothing to object to where a task or workflow that takes `Input` is given a `Value`. */
export type Takes<Value, Input> = [Value] extends [Input]
  ? unknown
  : Problem<['it takes', Input, 'but is given', Value]>;

/** Nothing to object to where no sibling has the id. */
export type Unused<Id extends string, Used extends string> = [Literal<Id> & Used] extends [never]
  ? unknown
  : Problem<['a sibling has this id already', Id]>;

/** An id that is a literal. What is only known to be some string cannot be compared until the workflow is built. */
export type Literal<Id extends string> = Record<never, never> extends Record<Id, 1> ? never : Id;

/** Nothing to object to where each route has its key. */
export type NoFurther<Key extends string, Routes> = {
  readonly [K in Exclude<keyof Routes, Key>]: Problem<['no such key', K]>;
};

/** Nothing to object to where each key has its route; where the key is any string, there is always something. */
export type AllCovered<Key extends string, Routes> = {
  readonly [K in Exclude<Key, keyof Routes>]: Problem<['no route, and no `otherwise`, for the key', K]>;
};
