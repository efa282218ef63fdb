import { describe, expect, it } from 'vitest';
import { type Campaign, playCampaign } from '../../lib/testing/simulation/campaign.ts';
import { type FaultKind, faultKinds } from '../../lib/testing/simulation/faults.ts';

const histories = 10_000;
const hitsMin = 100;

const reads = [
  'runs.get',
  'runs.getMany',
  'runs.query',
  'payloads.get',
  'history.list',
  'definitions.get',
  'cache.get',
  'workers.list',
  'queue.depth',
];
const transitions = [
  'claim',
  'takeOver',
  'renew',
  'commit',
  'pathCommit',
  'join',
  'retry',
  'yield',
  'exhaust',
  'look',
  'cancel',
  'raiseCancel',
  'cancelPaused',
  'finaliseCancel',
  'pause',
  'park',
  'resume',
  'signal',
  'deliver',
  'timeOut',
  'await',
  'notify',
  'attach',
  'release',
  'failDependent',
  'leave',
];
const writes = [
  'runs.create',
  'runs.create(child)',
  'runs.create(retry)',
  'runs.create(tombstone)',
  'runs.createAll',
  ...transitions.map((name) => `runs.apply(${name})`),
  'payloads.copy',
  'payloads.put',
  'attempts.put',
  'history.put',
  'definitions.put',
  'cache.put',
  'workers.put',
  'queue.send',
  'queue.extend',
];

/** Why a kind of fault cannot occur at a step; undefined where it can. */
function impossible(step: string, kind: FaultKind): string | undefined {
  if (kind.startsWith('message ') && step !== 'queue.send') return 'only a queue has messages';
  if (kind === 'stale' && step !== 'runs.getMany' && step !== 'runs.query')
    return 'only discovery reads an index, or eventually consistently; what was written is not read';
  if (kind === 'applied late' && reads.includes(step)) return 'a read has no effect that could be late';
  return undefined;
}

describe(`${histories} histories`, { timeout: 900_000 }, () => {
  let campaign: Campaign;

  it('break nothing', async () => {
    campaign = await playCampaign({ from: 1, count: histories });
    console.table(campaign.hits);
    console.log(
      `${campaign.histories} histories, ${campaign.runs} runs, violations: ${campaign.violations.length}`,
    );
    expect(campaign.violations).toEqual([]);
    expect(campaign.histories).toBe(histories);
  });

  it('have only steps that are known', () => {
    expect(Object.keys(campaign.hits).sort()).toEqual([...reads, ...writes].sort());
  });

  const pairs = [...reads, ...writes].flatMap((step) => faultKinds.map((kind) => ({ step, kind })));
  it.each(pairs.filter(({ kind, step }) => !impossible(step, kind)))(
    `meet '$kind' at $step at least ${hitsMin} times`,
    ({ kind, step }) => {
      expect(campaign.hits[step]?.[kind] ?? 0).toBeGreaterThanOrEqual(hitsMin);
    },
  );

  it('meet no fault where it is impossible', () => {
    const met = pairs.filter(({ kind, step }) => impossible(step, kind) && campaign.hits[step]?.[kind]);
    expect(met).toEqual([]);
  });
});
