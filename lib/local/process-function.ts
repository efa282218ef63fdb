import { Environment, type EnvironmentOptions } from './environment.ts';
import { addCounts, type RequestCounts } from './environment-protocol.ts';
import type { LambdaFunction } from './lambda-function.ts';

/** A function whose environments are processes. */
export interface ProcessFunction extends LambdaFunction {
  /** Starts environments ahead of the first events. */
  warm(environments: number): void;
  /** Process ids of the environments alive. */
  pids(): number[];
  /** Requests of all its environments, ended ones included, as of their last answers. */
  requestCounts(): Record<string, number>;
}

/** Takes an idle environment for each event, or starts one; one that ended is not used again. */
export function processFunction(options: EnvironmentOptions): ProcessFunction {
  const idle: Environment[] = [];
  const alive = new Set<Environment>();
  let retired: RequestCounts = {};

  const retire = (environment: Environment) => {
    if (alive.delete(environment)) retired = addCounts([retired, environment.requestCounts]);
  };
  const start = () => {
    const environment = new Environment(options);
    alive.add(environment);
    return environment;
  };
  const takeIdle = () => {
    for (let next = idle.pop(); next; next = idle.pop()) {
      if (next.alive) return next;
      retire(next);
    }
    return undefined;
  };

  return {
    name: options.functionName,
    warm(environments) {
      while (alive.size < environments) idle.unshift(start());
    },
    async invoke(event) {
      const environment = takeIdle() ?? start();
      try {
        return await environment.invoke(event);
      } finally {
        if (environment.alive) idle.push(environment);
        else retire(environment);
      }
    },
    async close() {
      await Promise.all([...alive].map((environment) => environment.close()));
      for (const environment of [...alive]) retire(environment);
    },
    pids: () => [...alive].flatMap(({ alive: lives, pid }) => (lives && pid !== undefined ? [pid] : [])),
    requestCounts: () => addCounts([retired, ...[...alive].map((environment) => environment.requestCounts)]),
  };
}
