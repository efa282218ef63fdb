export { Holdfast, type HoldfastPool } from './holdfast.ts';
export type {
  AlarmProps,
  HoldfastProps,
  JwtProps,
  LaneName,
  LaneProps,
  PoolProps,
} from './props.ts';
