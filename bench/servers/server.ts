/** A server that the bench has started, on the loopback address and in a directory that goes with it. */
export interface Server extends AsyncDisposable {
  readonly url: string;
}
