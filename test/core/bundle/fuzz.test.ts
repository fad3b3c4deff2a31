import { expect } from 'chai';
import fc from 'fast-check';
import { decodeStatement, UnverifiedBundle } from '../../../core/bundle/index.js';
import { isModelsealError } from '../../../core/errors/index.js';
import { bytes, fresh, type Loose, payload } from './fixture.js';

/** Whatever goes in, what comes out is a result or an error of ours that is a refusal. */
function onlyRefuses(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!isModelsealError(error)) throw error;
    expect(error.kind, error.message).to.equal('refused');
  }
}

/** Every path of a JSON value, and the value with one of them replaced. */
function paths(value: Loose, at: (string | number)[] = []): (string | number)[][] {
  if (value === null || typeof value !== 'object') return [at];
  return [at, ...Object.keys(value).flatMap((key) => paths(value[key], [...at, key]))];
}
function replaced(value: Loose, path: readonly (string | number)[], by: unknown): Loose {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  const copy = Array.isArray(value) ? [...value] : { ...value };
  copy[key] = replaced(value[key], rest, by);
  return copy;
}

describe('bundles and statements never fail but by a refusal', () => {
  const statement = JSON.parse(Buffer.from(payload).toString());
  const value = fc.jsonValue({ maxDepth: 2 });

  it('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (input) => {
        onlyRefuses(() => UnverifiedBundle.parse(input));
        onlyRefuses(() => decodeStatement(input));
      }),
    );
  });

  it('one field replaced by anything', () => {
    const bundle = fresh();
    fc.assert(
      fc.property(fc.constantFrom(...paths(bundle)), value, (path, by) => {
        onlyRefuses(() => UnverifiedBundle.parse(bytes(replaced(bundle, path, by))));
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths(statement)), value, (path, by) => {
        onlyRefuses(() => decodeStatement(bytes(replaced(statement, path, by))));
      }),
      { numRuns: 500 },
    );
  });

  it('one byte replaced, inserted or removed', () => {
    const text = bytes(statement);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.nat(255), fc.nat(2), (at, octet, cut) => {
        const input = Buffer.concat([text.subarray(0, at), Buffer.of(octet), text.subarray(at + cut)]);
        onlyRefuses(() => decodeStatement(input));
      }),
      { numRuns: 500 },
    );
  });

  it('a bundle cut short at every byte', () => {
    const text = bytes(fresh());
    for (let end = 0; end < text.length; end++) {
      expect(() => UnverifiedBundle.parse(text.subarray(0, end))).to.throw(/not valid JSON/);
    }
  });
});
