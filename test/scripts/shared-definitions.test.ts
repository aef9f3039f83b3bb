import { Type } from '@sinclair/typebox';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { withDefinitions } from '../../scripts/shared-definitions.js';

const Place = Type.Object({
  x: Type.Number({ description: 'Pixels from the left' }),
  y: Type.Number({ description: 'Pixels from the top' }),
  unit: Type.Union([Type.Literal('px'), Type.Literal('%')]),
});

describe('withDefinitions', () => {
  const schema = Type.Object({
    from: Type.Object(Place.properties, { description: 'Where it was taken' }),
    to: Type.Object(Place.properties, { description: 'Where it was put' }),
    others: Type.Array(Place),
  });

  it('says once what is said more often, with the description of each place', () => {
    const document = withDefinitions(schema, { Place });
    expect(document['$defs']).to.have.all.keys('Place');
    expect(document['properties']).to.deep.equal({
      from: { $ref: '#/$defs/Place', description: 'Where it was taken' },
      to: { $ref: '#/$defs/Place', description: 'Where it was put' },
      others: { type: 'array', items: { $ref: '#/$defs/Place' } },
    });
  });

  it('accepts and refuses what the schema did', () => {
    const short = new Ajv().compile(withDefinitions(schema, {}));
    const place = { x: 1, y: 2, unit: 'px' };
    expect(short({ from: place, to: place, others: [place] })).to.equal(true);
    expect(short({ from: place, to: { ...place, unit: 'mm' }, others: [] })).to.equal(false);
    expect(short({ from: place, to: place, others: [{ x: 1 }] })).to.equal(false);
  });

  it('leaves alone what is there once, also inside of what is there twice', () => {
    const Inner = Type.Object({ a: Type.String({ description: 'x'.repeat(150) }) });
    const Outer = Type.Object({ inner: Inner, b: Type.String() });
    const document = withDefinitions(Type.Object({ one: Outer, two: Outer }), {});
    expect(document['$defs']).to.have.all.keys('One');
  });

  it('tells names apart that are wanted twice', () => {
    const a = Type.Object({ a: Type.String({ description: 'a'.repeat(150) }) });
    const b = Type.Object({ b: Type.String({ description: 'b'.repeat(150) }) });
    const twice = Type.Object({
      x: Type.Object({ item: a, other: a }),
      y: Type.Object({ item: b, more: b }),
    });
    expect(withDefinitions(twice, {})['$defs']).to.have.all.keys('Item', 'Item2');
  });

  it('can be compiled where it lies within another that has a name', () => {
    const inner = Type.Object({ from: Place, to: Place }, { $id: 'inner' });
    const document = withDefinitions(Type.Object({ inner, other: Place }, { $id: 'outer' }), {});
    const check = new Ajv().compile(document);
    const place = { x: 1, y: 2, unit: 'px' };
    expect(check({ inner: { from: place, to: place }, other: place })).to.equal(true);
    expect(document['$id']).to.equal('outer');
  });
});
