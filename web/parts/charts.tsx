import type { Bucket } from '../app/ended-runs.ts';
import { clockTime, duration } from '../app/format.ts';

const width = 560;
const height = 120;

/** The next round number: what an axis ends at. */
function ceiling(value: number): number {
  const size = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)));
  return ([1, 2, 5, 10].find((each) => each * size >= value) ?? 10) * size;
}

interface ChartProps {
  readonly buckets: readonly Bucket[];
  readonly now: number;
}

function Axis({ buckets, now, top }: ChartProps & { readonly top: string }) {
  const at = (index: number) => clockTime(buckets[index]?.from ?? now, now);
  return (
    <g class="axis">
      <line x1="0" x2={width} y1="0.5" y2="0.5" />
      <line x1="0" x2={width} y1={height / 2} y2={height / 2} />
      <line x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
      <text x="2" y="13">
        {top}
      </text>
      <text x="2" y={height + 16}>
        {at(0)}
      </text>
      <text x={width} y={height + 16} text-anchor="end">
        now
      </text>
    </g>
  );
}

const frame = `0 0 ${width} ${height + 22}`;

/** Runs that ended, a bar for each stretch of time: those that succeeded below, the others on top. */
export function Throughput({ buckets, now, stepMs }: ChartProps & { readonly stepMs: number }) {
  const most = ceiling(Math.max(1, ...buckets.map(({ bad, good }) => bad + good)));
  const total = buckets.reduce((sum, { bad, good }) => sum + bad + good, 0);
  const bad = buckets.reduce((sum, bucket) => sum + bucket.bad, 0);
  const step = width / buckets.length;
  const tall = (runs: number) => (runs / most) * (height - 2);
  return (
    <svg class="chart" viewBox={frame} role="img" aria-label={`${total} runs ended, ${bad} of them badly`}>
      <Axis buckets={buckets} now={now} top={`${most} in ${duration(stepMs)}`} />
      {buckets.map((each, index) => (
        <g key={each.from}>
          <rect
            class="is-good"
            x={index * step + 1}
            width={step - 2}
            y={height - tall(each.good)}
            height={tall(each.good)}
            rx="1.5"
          />
          <rect
            class="is-bad"
            x={index * step + 1}
            width={step - 2}
            y={height - tall(each.good + each.bad)}
            height={tall(each.bad)}
            rx="1.5"
          />
        </g>
      ))}
    </svg>
  );
}

/** From submission to success: the middle run, and the slowest of twenty. */
export function Latency({ buckets, now }: ChartProps) {
  const most = ceiling(Math.max(1, ...buckets.map(({ p95 = 0 }) => p95)));
  const last = buckets.findLast(({ p50 }) => p50 !== undefined);
  const step = width / buckets.length;
  const path = (which: 'p50' | 'p95') =>
    buckets
      .flatMap((bucket, index) => {
        const value = bucket[which];
        return value === undefined
          ? []
          : [`${(index + 0.5) * step},${height - (value / most) * (height - 4)}`];
      })
      .join('L');
  const said =
    last?.p50 === undefined
      ? 'No run has succeeded yet'
      : `Lately the middle run took ${duration(last.p50)}, one of twenty ${duration(last.p95 ?? last.p50)} or more`;
  return (
    <svg class="chart" viewBox={frame} role="img" aria-label={said}>
      <Axis buckets={buckets} now={now} top={duration(most)} />
      {(['p95', 'p50'] as const).map((which) => {
        const points = path(which);
        if (points === '') return null;
        const isDot = !points.includes('L');
        return (
          <path
            key={which}
            class={`line ${which}${isDot ? ' is-dot' : ''}`}
            // A line of no length, which round ends make a dot.
            d={isDot ? `M${points}L${points}` : `M${points}`}
          />
        );
      })}
    </svg>
  );
}
