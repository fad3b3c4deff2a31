import type { Predicate } from '../core/attestation/index.js';
import { checkOptions, is, type OptionTable } from '../core/options.js';
import { VERSION } from '../core/version.js';
import { isoTime } from '../core/x509/index.js';

/** What a scan found, as the scanner says it. */
export interface ScanFindings {
  readonly verdict: 'clean' | 'threat' | 'incomplete';
  readonly files: readonly {
    readonly findings: readonly { readonly rule: string; readonly severity: string }[];
  }[];
}

/** By what rules; absent or as listed here is as by default. */
export interface ScanRules {
  readonly disable?: readonly string[] | undefined;
  readonly enable?: readonly string[] | undefined;
  readonly failOn?: string | undefined;
  readonly allowUnparsed?: boolean | undefined;
  readonly severity?: Readonly<Record<string, string>> | undefined;
  readonly maxPickleBytes?: number | undefined;
}

const RULES: OptionTable<ScanRules> = {
  disable: is.list(is.text),
  enable: is.list(is.text),
  failOn: is.text,
  allowUnparsed: is.flag,
  severity: is.object,
  maxPickleBytes: is.number,
};

/**
 * The predicate of a scan attestation. What departs from the default rules is in it, so that a softer scan shows.
 * @example
 * const predicate = scanPredicate(scanPaths(['model']), {}, new Date());
 */
export function scanPredicate(result: ScanFindings, rules: ScanRules, at: Date): Predicate {
  checkOptions('scanPredicate', rules, RULES);
  const { disable = [], enable = [], failOn = 'medium', allowUnparsed = false } = rules;
  const { severity = {}, maxPickleBytes } = rules;
  const found = new Map<string, number>();
  for (const { rule } of result.files.flatMap(({ findings }) => findings))
    found.set(rule, (found.get(rule) ?? 0) + 1);
  return {
    scanner: { name: 'modelseal', version: VERSION },
    time: isoTime(at),
    verdict: result.verdict,
    files: result.files.length,
    findings: Object.fromEntries(found),
    policy: {
      ...(disable.length > 0 ? { disable: [...disable] } : {}),
      ...(enable.length > 0 ? { enable: [...enable] } : {}),
      ...(failOn === 'medium' ? {} : { failOn }),
      ...(allowUnparsed ? { allowUnparsed } : {}),
      ...(Object.keys(severity).length > 0 ? { severity: { ...severity } } : {}),
      ...(maxPickleBytes === undefined ? {} : { maxPickleBytes }),
    },
  };
}
