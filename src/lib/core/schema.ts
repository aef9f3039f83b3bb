import type { Static, TSchema } from '@sinclair/typebox';
import { Ajv } from 'ajv';

/**
 * Tells whether a value has the shape of a schema, and where it has not.
 *
 * @returns the value with its type, or the first few complaints, each with the path of the offending field
 */
export function checkSchema<S extends TSchema>(
  schema: S,
  value: unknown,
): { ok: true; value: Static<S> } | { ok: false; complaints: string[] } {
  const validate = new Ajv({ allErrors: true, strict: false }).compile(schema);
  if (validate(value)) return { ok: true, value: value as Static<S> };
  const complaints = (validate.errors ?? [])
    .slice(0, 5)
    .map(
      ({ instancePath, message }) =>
        `${instancePath === '' ? 'the document' : instancePath} ${message ?? ''}`,
    );
  return { ok: false, complaints };
}
