export type { LaneName } from '../lib/config/lanes.ts';
export { Holdfast, type HoldfastPool } from './holdfast.ts';
export type {
  AlarmProps,
  HoldfastProps,
  JwtProps,
  LaneProps,
  PoolProps,
} from './props.ts';
