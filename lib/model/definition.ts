/** The shape of what a run executes, without user code: all that discovery needs to tend it. */
export interface TaskShape {
  readonly kind: 'task';
  readonly task: string;
}
export type Shape = TaskShape;
