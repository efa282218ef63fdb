/** Of what attempts take, each is asked of the system: where thousands are played and nobody reads it, it is asked once. */
const usage = process.resourceUsage();
const whole = process.memoryUsage();
const memory = Object.assign(() => whole, { rss: () => whole.rss });
process.resourceUsage = () => usage;
process.memoryUsage = memory;

export {};
