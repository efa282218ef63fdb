import { type Attribute, attributeOf, type Shape } from './names.ts';

/** A map as it is stored or came back. */
export type Stored = Readonly<Record<string, unknown>>;

/**
 * A property's value under the stored names. Properties that are undefined are left out. The empty string becomes null,
 * because some DynamoDB-compatible stores refuse it; runs have no nulls of their own (user data is JSON text).
 */
export function toStored(attribute: Attribute, value: unknown): unknown {
  if (value === '') return null;
  if (Array.isArray(value)) return listToStored(attribute, value);
  if (!isMap(value)) return value;
  if (attribute.entries) {
    const inner = { stored: '', shape: attribute.entries };
    return Object.fromEntries(Object.entries(value).map(([id, entry]) => [id, toStored(inner, entry)]));
  }
  if (!attribute.shape) throw new Error(`the attribute ${attribute.stored} holds no object`);
  return shapeToStored(attribute.shape, value);
}

function listToStored({ items, set, stored }: Attribute, list: readonly unknown[]): unknown {
  if (items) return list.map((item) => toStored({ stored, shape: items }, item));
  if (!set) return list.map((item) => (item === '' ? null : item));
  if (list.length === 0) throw new Error(`the set ${stored} is empty: leave it out`);
  return new Set(list);
}

export function shapeToStored(shape: Shape, value: Stored): Stored {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([property, inner]) => {
        const attribute = attributeOf(shape, property);
        return [attribute.stored, toStored(attribute, inner)];
      }),
  );
}

/** The reverse of `toStored`, for whatever is there: nothing is taken for granted, unknown names are left out. */
export function fromStored(attribute: Attribute, value: unknown): unknown {
  if (value === null) return '';
  // What stands in the place of a set and is none must not pass for its members: no write could change them.
  if (attribute.set) return value instanceof Set ? [...value].sort() : { notASet: value };
  if (Array.isArray(value)) return listFromStored(attribute, value);
  if (!isMap(value)) return value;
  if (attribute.entries) {
    const inner = { stored: '', shape: attribute.entries };
    return Object.fromEntries(Object.entries(value).map(([id, entry]) => [id, fromStored(inner, entry)]));
  }
  return attribute.shape ? shapeFromStored(attribute.shape, value) : value;
}

function listFromStored({ items, stored }: Attribute, list: readonly unknown[]): unknown {
  if (items) return list.map((item) => fromStored({ stored, shape: items }, item));
  return list.map((item) => (item === null ? '' : item));
}

export function shapeFromStored(shape: Shape, value: Stored): Stored {
  const found: Record<string, unknown> = {};
  for (const [property, attribute] of shape) {
    const inner = value[attribute.stored];
    if (inner !== undefined) found[property] = fromStored(attribute, inner);
  }
  return found;
}

function isMap(value: unknown): value is Stored {
  return typeof value === 'object' && value !== null;
}
