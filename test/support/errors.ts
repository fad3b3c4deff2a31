import { expect } from 'chai';
import { type ErrorCode, ModelsealError } from '../../core/errors/index.js';

/** Runs `work` and returns the error it must throw, of exactly this code. */
export function expectCode<C extends ErrorCode>(code: C, work: () => unknown): ModelsealError<C> {
  let thrown: unknown;
  try {
    work();
  } catch (error) {
    thrown = error;
  }
  return checked(code, thrown);
}

/** The same for asynchronous work. */
export async function expectCodeAsync<C extends ErrorCode>(
  code: C,
  work: () => Promise<unknown>,
): Promise<ModelsealError<C>> {
  let thrown: unknown;
  try {
    await work();
  } catch (error) {
    thrown = error;
  }
  return checked(code, thrown);
}

function checked<C extends ErrorCode>(code: C, thrown: unknown): ModelsealError<C> {
  if (thrown === undefined) expect.fail(`accepted, where ${code} was expected`);
  if (!(thrown instanceof ModelsealError)) throw thrown;
  expect(thrown.code, thrown.message).to.equal(code);
  return thrown as ModelsealError<C>;
}
