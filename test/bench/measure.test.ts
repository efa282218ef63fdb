import { describe, expect, it } from 'vitest';
import { type Figure, sampler, Unavailable } from '../../bench/figure.ts';
import { measure, medianOf } from '../../bench/measure.ts';

/** A figure whose samples are these, after the one that warms up; `order` hears of each. */
function figure(
  over: Partial<Figure> & Pick<Figure, 'name'>,
  values: readonly number[],
  order: string[],
): Figure {
  const left = [Number.POSITIVE_INFINITY, ...values];
  return {
    unit: 'ms',
    better: 'lower',
    prepare: async () =>
      sampler(
        async () => {
          order.push(over.name);
          return left.shift() ?? Number.NaN;
        },
        async () => void order.push(`${over.name} ended`),
      ),
    ...over,
  };
}

describe('medians', () => {
  it.each([
    [[3], 3],
    [[1, 2], 1.5],
    [[9, 1, 5], 5],
    [[4, 1, 3, 100], 3.5],
  ])('of %j', (samples, expected) => {
    expect(medianOf(samples)).toBe(expected);
  });
});

describe('measuring', () => {
  it('takes the figures in turn, warms up, and ends them', async () => {
    const order: string[] = [];
    const rounds: number[] = [];
    const figures = [figure({ name: 'a' }, [1, 2], order), figure({ name: 'b' }, [3, 4], order)];
    await measure(figures, { size: 'quick', repetitions: 2, onRound: (round) => rounds.push(round) });
    expect(order).toEqual(['a', 'b', 'a', 'b', 'a', 'b', 'b ended', 'a ended']);
    expect(rounds).toEqual([0, 1, 2]);
  });

  it('says median and spread, without the sample that warmed up', async () => {
    const {
      figures: [measured],
    } = await measure([figure({ name: 'a' }, [5, 1, 3], [])], {
      size: 'quick',
      repetitions: 3,
    });
    expect(measured).toMatchObject({ median: 3, min: 1, max: 5, samples: [5, 1, 3] });
    expect(measured).toMatchObject({ isBeaten: undefined, isReached: undefined, against: [] });
  });

  it.each([
    ['lower', 2, false, true],
    ['lower', 1, true, true],
    ['lower', 4, false, false],
    ['higher', 2, true, false],
    ['higher', 3, true, true],
    ['higher', 1, false, false],
  ] as const)('holds %s-is-better %d against aim and rival', async (better, value, aim, rival) => {
    const limits = better === 'lower' ? { aim: 1, toBeat: 3 } : { aim: 2, toBeat: 3 };
    const {
      figures: [measured],
    } = await measure([figure({ name: 'a', better, ...limits }, [value], [])], {
      size: 'quick',
      repetitions: 1,
    });
    expect(measured).toMatchObject({ isReached: aim, isBeaten: rival });
  });

  it('shows one as a multiple of another, round by round', async () => {
    const figures = [
      figure({ name: 'base' }, [2, 4, 8], []),
      figure({ name: 'a', against: [{ figure: 'base' }, { figure: 'nobody', aim: 1 }] }, [5, 8, 24], []),
    ];
    const measured = await measure(figures, { size: 'quick', repetitions: 3 });
    const against = [{ figure: 'base', times: 2.5, min: 2, max: 3, aim: undefined, isReached: undefined }];
    expect(measured.figures[1]?.against).toEqual(against);
  });

  it.each([
    ['lower', 3, true],
    ['lower', 2, false],
    ['higher', 2, true],
    ['higher', 3, false],
  ] as const)(
    'holds a multiple of 2.5, %s-is-better, against an aim of %d',
    async (better, aim, isReached) => {
      const figures = [
        figure({ name: 'base' }, [2], []),
        figure({ name: 'a', better, against: [{ figure: 'base', aim }] }, [5], []),
      ];
      const measured = await measure(figures, { size: 'quick', repetitions: 1 });
      expect(measured.figures[1]?.against).toMatchObject([{ times: 2.5, isReached }]);
    },
  );

  it.each([
    ['before it begins', async () => Promise.reject(new Unavailable('not installed'))],
    [
      'in a round',
      async () => {
        let left = 2;
        return sampler(async () => (left-- > 0 ? 1 : Promise.reject(new Unavailable('not installed'))));
      },
    ],
  ])('leaves out what cannot be had %s, and goes on', async (_when, prepare) => {
    const figures = [
      { ...figure({ name: 'rival' }, [], []), prepare },
      figure({ name: 'a', against: [{ figure: 'rival' }] }, [1, 2, 3], []),
    ];
    const measured = await measure(figures, { size: 'quick', repetitions: 3 });
    expect(measured.skipped).toEqual([{ name: 'rival', reason: 'not installed' }]);
    expect(measured.figures).toMatchObject([{ name: 'a', samples: [1, 2, 3], against: [] }]);
  });

  it('ends what was begun when one fails', async () => {
    const order: string[] = [];
    const failing: Figure = {
      ...figure({ name: 'b' }, [], order),
      prepare: async () => Promise.reject(new Error('no')),
    };
    await expect(
      measure([figure({ name: 'a' }, [1], order), failing], { size: 'quick', repetitions: 1 }),
    ).rejects.toThrow('no');
    expect(order).toEqual(['a ended']);
  });
});
