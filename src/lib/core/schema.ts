import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

/** How many of something there are. */
export const Count = Type.Integer({ minimum: 0 });

export const NumberOrNull = Type.Union([Type.Number(), Type.Null()]);

/**
 * Tells whether a value has the shape of a schema, and where it has not. The schema is walked as it is: compiling one for
 * a single document takes longer (50 ms for a manifest, 300 for a summary) than all else that is done with it.
 *
 * @returns the value with its type, or the first few complaints, each with the path of the offending field
 */
export function checkSchema<S extends TSchema>(
  schema: S,
  value: unknown,
): { ok: true; value: Static<S> } | { ok: false; complaints: string[] } {
  if (Value.Check(schema, value)) return { ok: true, value };
  const complaints = new Map<string, string>();
  for (const { path, message } of Value.Errors(schema, value)) {
    // Of several complaints about one field, e.g. "required" and "expected string", the first says most.
    if (!complaints.has(path)) complaints.set(path, message.charAt(0).toLowerCase() + message.slice(1));
    if (complaints.size === 5) break;
  }
  return {
    ok: false,
    complaints: [...complaints].map(([path, message]) => `${path || 'the document'}: ${message}`),
  };
}
