import { latencyOf, rateOf } from '../load.ts';
import type { Question, RivalSetup, StartRival } from './rival.ts';

/*
 * The process of one rival: starts it, answers questions, ends with whoever started it.
 */
const [file = '', setupText = '{}'] = process.argv.slice(2);
const setup = JSON.parse(setupText) as RivalSetup;
const { start } = (await import(file)) as { start: StartRival };
const rival = await start(setup);
process.on('message', async (question: Question) => {
  const { ask, count } = question;
  const measured =
    ask === 'latency'
      ? await latencyOf(() => rival.run(), count)
      : await rateOf(() => rival.run(), count, setup.inFlight);
  process.send?.(measured);
});
process.once('disconnect', async () => {
  setTimeout(() => process.exit(), 2_000).unref();
  await rival.close();
  process.exit();
});
process.send?.('ready');
