import { ModelsealError } from '../../core/errors/index.js';

/** A date alone means midnight UTC; a time needs its zone, since an hour more or less can decide. */
const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;
const EPOCH = /^\d{1,12}$/;

/**
 * A point in time from the command line: ISO 8601 with zone, a date, or seconds since 1970.
 *
 * @param option For the error: `--at`.
 * @throws {ModelsealError} `ERR_USAGE`
 */
export function parseTime(text: string, option: string): Date {
  const time = EPOCH.test(text)
    ? new Date(Number(text) * 1000)
    : new Date(ISO.test(text) ? text : Number.NaN);
  // Date moves 30 February into March in silence.
  const day = text.slice(0, 10);
  const moved = ISO.test(text) && !new Date(day).toJSON()?.startsWith(day);
  if (Number.isNaN(time.getTime()) || moved) {
    throw new ModelsealError('ERR_USAGE', {
      problem: `${option} ${text} is not a time; use 2026-03-01T12:00:00Z, 2026-03-01 or seconds since 1970`,
    });
  }
  return time;
}
