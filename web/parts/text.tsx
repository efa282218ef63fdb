import type { ComponentChildren } from 'preact';
import { now } from '../app/clock.ts';
import { clockTime, count, relative, visible, visibleLines } from '../app/format.ts';
import { linkToRun } from '../app/place.ts';

/** What strangers wrote, on one line: it turns nothing around it, and hides nothing. */
export const Words = ({ text }: { readonly text: string }) => <bdi>{visible(text)}</bdi>;

const errorCharactersMax = 10_000;

/** A message of strangers on lines of its own, and that there is more of it. */
export function ErrorText({ text }: { readonly text: string }) {
  const more = text.length - errorCharactersMax;
  return (
    <pre class="error" dir="auto">
      {visibleLines(text.slice(0, errorCharactersMax))}
      {more > 0 && `\n… and ${count(more)} characters more`}
    </pre>
  );
}

/** A time as how long ago it is. */
export function Ago({ at }: { readonly at: string }) {
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={`${new Date(ms).toLocaleString()} (${at})`}>
      {relative(ms, now.value)}
    </time>
  );
}

/** A time of day. */
export function At({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={at}>
      {clockTime(Date.parse(at), now.value)}
    </time>
  );
}

export const RunLink = ({ id }: { readonly id: string }) => (
  <a class="id" href={linkToRun(id)}>
    <Words text={id} />
  </a>
);

/** A term and what it is here; nothing where there is nothing to say. */
export function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  if (children === undefined || children === null || children === false || children === '') return null;
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface CardProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** Beside the title. */
  readonly aside?: ComponentChildren;
  readonly class?: string;
}

/** A part of a page with a title of its own. */
export function Card({ title, aside, children, class: more }: CardProps) {
  return (
    <section class={`card${more === undefined ? '' : ` ${more}`}`} aria-label={title}>
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

export const Empty = ({ children }: { readonly children: ComponentChildren }) => (
  <p class="empty">{children}</p>
);
