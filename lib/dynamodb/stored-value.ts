import { type Attribute, attributeOf, type Shape } from './names.ts';

/** A map as it is stored or came back. */
export type Stored = Readonly<Record<string, unknown>>;

/**
 * A property's value under the stored names. Properties that are undefined are left out. The empty string becomes null,
 * because some DynamoDB-compatible stores refuse it; runs have no nulls of their own (user data is JSON text).
 */
export function toStored(attribute: Attribute, value: unknown): unknown {
  if (value === '') return null;
  if (Array.isArray(value)) return value.map((item) => (item === '' ? null : item));
  if (!isMap(value)) return value;
  if (attribute.entries) {
    const inner = { stored: '', shape: attribute.entries };
    return Object.fromEntries(Object.entries(value).map(([id, entry]) => [id, toStored(inner, entry)]));
  }
  if (!attribute.shape) throw new Error(`the attribute ${attribute.stored} holds no object`);
  return shapeToStored(attribute.shape, value);
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
  if (Array.isArray(value)) return value.map((item) => (item === null ? '' : item));
  if (!isMap(value)) return value;
  if (attribute.entries) {
    const inner = { stored: '', shape: attribute.entries };
    return Object.fromEntries(Object.entries(value).map(([id, entry]) => [id, fromStored(inner, entry)]));
  }
  return attribute.shape ? shapeFromStored(attribute.shape, value) : value;
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
