/** Something that Holdfast is measured against, in a process of its own. */
export interface Rival {
  /** One task: from its submission until its result is durable. */
  run(): Promise<unknown>;
  close(): Promise<void>;
}

/** What each is given: as many tasks at a time as Holdfast has, and where its server is. */
export interface RivalSetup {
  readonly inFlight: number;
  /** Of the server that it needs: a URL. */
  readonly server: string;
  readonly queueUrl: string;
  /** In the DynamoDB that the environment names, with a key called `id`. */
  readonly table: string;
}

export type StartRival = (setup: RivalSetup) => Promise<Rival>;

/** What is asked of the process of a rival; it answers with the figure. */
export type Question =
  | { readonly ask: 'latency'; readonly count: number }
  | { readonly ask: 'rate'; readonly count: number };
