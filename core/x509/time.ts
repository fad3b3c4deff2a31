import { type DerReader, Tag } from '../der/index.js';
import { ModelsealError } from '../errors/index.js';

/**
 * Reads a Time (RFC 5280 §4.1.2.5): UTCTime `YYMMDDHHMMSSZ` or GeneralizedTime `YYYYMMDDHHMMSSZ`, with seconds,
 * in Zulu, without fractions, and a date that the calendar has.
 *
 * GeneralizedTime before 2050 is read: §4.1.2.5 forbids CAs to write it, but asks relying parties to process both.
 *
 * @throws {ModelsealError} `ERR_DER`
 */
export function readTime(reader: DerReader, what: string): Date {
  const generalized = reader.tag === Tag.GENERALIZED_TIME;
  const tlv = reader.expect(generalized ? Tag.GENERALIZED_TIME : Tag.UTC_TIME, what);
  const yearDigits = generalized ? 4 : 2;
  const fail = (problem: string): never => {
    throw new ModelsealError('ERR_DER', { problem: `${what}: ${problem}`, offset: tlv.start });
  };
  if (tlv.end - tlv.content !== yearDigits + 11 || reader.bytes[tlv.end - 1] !== 0x5a) {
    fail('time is not in the form with seconds and Z');
  }
  const number = (at: number, digits: number): number => {
    let n = 0;
    for (let i = 0; i < digits; i++) {
      const digit = (reader.bytes[tlv.content + at + i] as number) - 0x30;
      if (digit < 0 || digit > 9) fail('time with something else than digits');
      n = n * 10 + digit;
    }
    return n;
  };
  let year = number(0, yearDigits);
  if (!generalized) year += year >= 50 ? 1900 : 2000;
  const month = number(yearDigits, 2);
  const day = number(yearDigits + 2, 2);
  const hour = number(yearDigits + 4, 2);
  const minute = number(yearDigits + 6, 2);
  const second = number(yearDigits + 8, 2);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) fail('no such day');
  if (hour > 23 || minute > 59 || second > 59) fail('no such time of day');
  const date = new Date(0);
  // Date.UTC would read the years 0 to 99 as 19xx.
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  return date;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Date for messages and reports: `2026-01-01T00:00:00Z`. */
export function isoTime(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'an invalid time' : date.toISOString().replace('.000Z', 'Z');
}
