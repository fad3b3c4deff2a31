import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { type OpenIntent, verifyAuditLog } from '../core/audit/index.js';
import { htmlPage, htmlText } from '../core/report/index.js';
import type { Issuer } from './issuer.js';
import { DEFAULT_DEVELOPER_DAYS, daysAfter, wholeDays } from './profile.js';
import {
  type CaStore,
  type CertificateRecord,
  type CertificateState,
  type IssuerId,
  type LastCrl,
  MAX_LISTED,
} from './store/store.js';

/** Certificates that live as long as usual are cut short when their issuer ends before them: this leaves the time to replace it. */
const AUTHORITY_NOTICE_DAYS = 2 * DEFAULT_DEVELOPER_DAYS;
const DEFAULT_NOTICE_DAYS = 14;
const DEFAULT_BACKUP_DAYS = 7;
/** Ten years: longer than anything here lives. */
const MAX_NOTICE_DAYS = 3660;

/** What was begun so recently may go on still. */
const GRACE_MS = 3_600_000;
/** An act that was stopped longer ago was looked at, or never will be; the audit log keeps it. */
const ACT_DAYS = 30;

export interface StatusRequest {
  readonly at: Date;
  /** Developer certificates that end within so many days are due; 14 unless told. */
  readonly days?: number | undefined;
  /** A backup may be so many days older than the last change; 7 unless told. */
  readonly backupDays?: number | undefined;
  /** Audit log in which acts are looked for that did not end. */
  readonly auditLog?: string | undefined;
}

export type StatusKind = 'root' | 'issuing' | 'crl' | 'tsa' | 'developer' | 'interrupted' | 'act' | 'backup';

/** One thing that an operator looks after. */
export interface StatusItem {
  readonly kind: StatusKind;
  readonly name: string;
  readonly state: 'fine' | 'due' | 'over';
  /** When it runs out, or since when it is so; ISO 8601. */
  readonly time?: string | undefined;
  readonly serial?: string | undefined;
  /** What to do; for what is due or over. */
  readonly remedy?: string | undefined;
}

export interface AuthorityStatus {
  readonly home: string;
  readonly at: string;
  /** `due` when a single item is. */
  readonly verdict: 'fine' | 'due';
  readonly items: readonly StatusItem[];
  readonly counts: Readonly<Record<CertificateState, number>>;
  /** There are more certificates that end, or were interrupted, than the items name. */
  readonly truncated: boolean;
}

/** What the status is made from: the authority, as far as it concerns it. */
export interface StatusSource {
  readonly home: string;
  readonly issuers: readonly Issuer[];
  /** The CA that issues now; of those before it only their lists are looked after. */
  readonly active: IssuerId;
  readonly store: CaStore;
}

/**
 * What runs out when, and what was left undone. Reads only.
 *
 * @throws {ModelsealError} `ERR_CA_DAYS`, `ERR_AUDIT_BROKEN`, `ERR_CA_DATABASE…`
 */
export async function authorityStatus(
  { home, issuers, active, store }: StatusSource,
  request: StatusRequest,
): Promise<AuthorityStatus> {
  const { at, auditLog } = request;
  const days = wholeDays(request.days ?? DEFAULT_NOTICE_DAYS, 'days', MAX_NOTICE_DAYS);
  const backupDays = wholeDays(request.backupDays ?? DEFAULT_BACKUP_DAYS, 'backup days', MAX_NOTICE_DAYS);
  const begunBefore = new Date(at.getTime() - GRACE_MS);
  const chores = await store.chores(
    { from: at, developersUntil: daysAfter(at, days), tsasUntil: daysAfter(at, AUTHORITY_NOTICE_DAYS) },
    begunBefore,
  );
  const lists = await store.lastCrls();
  const acts = auditLog !== undefined && existsSync(auditLog) ? verifyAuditLog(auditLog).open : [];
  const items: StatusItem[] = [
    ...(await Promise.all(
      issuers
        .filter(({ id, role }) => role === 'root' || id === active)
        .map((issuer) => issuerItem(issuer, store, at)),
    )),
    ...issuers.map(({ id }) =>
      listItem(
        id,
        active,
        lists.find(({ issuer }) => issuer === id),
        at,
      ),
    ),
    ...chores.ending.map(endingItem),
    ...chores.interrupted.map(interruptedItem),
    ...acts.filter((act) => concerns(act, home, daysAfter(at, -ACT_DAYS), begunBefore)).map(actItem),
    backupItem(chores.lastBackup, chores.lastChange, at, backupDays),
  ];
  return {
    home,
    at: at.toISOString(),
    verdict: items.some(({ state }) => state !== 'fine') ? 'due' : 'fine',
    items,
    counts: await store.count(),
    truncated: chores.ending.length === MAX_LISTED || chores.interrupted.length === MAX_LISTED,
  };
}

async function issuerItem({ role, certificate }: Issuer, store: CaStore, at: Date): Promise<StatusItem> {
  const { label: name, serialNumber: serial, notAfter } = certificate;
  const revoked = await store.isRevoked(serial);
  const over = revoked || notAfter < at;
  const due = notAfter < daysAfter(at, AUTHORITY_NOTICE_DAYS);
  const end = revoked ? 'it is revoked' : over ? 'it has expired' : 'it runs out';
  return {
    kind: role,
    name,
    serial,
    time: notAfter.toISOString(),
    state: over ? 'over' : due ? 'due' : 'fine',
    ...((over || due) && {
      remedy: `${end}: ${role === 'root' ? 'make a new authority, and give verifiers time to learn of its root' : 'modelseal ca rollover'}`,
    }),
  };
}

/** Less than a fifth of the life of a list is left. */
export function isListDue({ thisUpdate, nextUpdate }: LastCrl, at: Date): boolean {
  return nextUpdate.getTime() - at.getTime() < (nextUpdate.getTime() - thisUpdate.getTime()) / 5;
}

function listItem(id: IssuerId, active: IssuerId, list: LastCrl | undefined, at: Date): StatusItem {
  const state = list === undefined || list.nextUpdate < at ? 'over' : isListDue(list, at) ? 'due' : 'fine';
  return {
    kind: 'crl',
    name: `CRL of the ${id} CA`,
    time: list?.nextUpdate.toISOString(),
    state,
    ...(state !== 'fine' && { remedy: `modelseal ca crl${id === active ? '' : ` --issuer ${id}`}` }),
  };
}

function endingItem({ serial, subject, identities, notAfter }: CertificateRecord): StatusItem {
  const item = { serial, time: notAfter.toISOString(), state: 'due' } as const;
  return identities.length === 0
    ? { ...item, kind: 'tsa', name: subject, remedy: `modelseal ca renew ${serial} --out DIR` }
    : {
        ...item,
        kind: 'developer',
        name: identities.join(', '),
        remedy: `modelseal ca renew ${serial} --out DIR, if it is still wanted`,
      };
}

function interruptedItem({ serial, subject, requestedAt }: CertificateRecord): StatusItem {
  return {
    kind: 'interrupted',
    name: subject,
    serial,
    time: requestedAt.toISOString(),
    state: 'due',
    remedy: `modelseal ca revoke ${serial}, unless its certificate is found (ca recover --certificate)`,
  };
}

/** Acts of this authority that are neither under way nor long past; where a relative path led is not known any more. */
function concerns({ time, data }: OpenIntent, home: string, since: Date, before: Date): boolean {
  const begun = new Date(time);
  const { options } = data as { options?: { home?: unknown } };
  const folder = options?.home;
  if (begun < since || begun >= before || typeof folder !== 'string') return false;
  return !isAbsolute(folder) || resolve(folder) === resolve(home);
}

function actItem({ event, actor, time, sequence }: OpenIntent): StatusItem {
  return {
    kind: 'act',
    name: `${event} of ${actor} (entry ${sequence} of the audit log) did not end`,
    time,
    state: 'due',
    remedy: 'look whether it was done: modelseal ca list',
  };
}

function backupItem(last: Date | undefined, change: Date | undefined, at: Date, days: number): StatusItem {
  const changed = last === undefined || (change !== undefined && change > last);
  const due = last === undefined || (changed && at > daysAfter(last, days));
  return {
    kind: 'backup',
    name:
      last === undefined
        ? 'there is no backup'
        : changed
          ? 'last backup'
          : 'last backup, nothing changed since',
    time: last?.toISOString(),
    state: due ? 'due' : 'fine',
    ...(due && { remedy: 'modelseal ca backup FILE' }),
  };
}

/** The status as one self-contained HTML page. */
export function statusHtml(status: AuthorityStatus): string {
  const { issued, revoked, pending } = status.counts;
  const rows = [...status.items]
    .sort((a, b) => Number(a.state === 'fine') - Number(b.state === 'fine'))
    .map(
      ({ state, name, time = '', serial = '', remedy = '' }) =>
        `<tr><td class="${state}">${state}</td><td>${htmlText(name)}<br><code>${htmlText(serial)}</code></td>` +
        `<td>${htmlText(time)}</td><td>${htmlText(remedy)}</td></tr>`,
    );
  return htmlPage('Certificate authority', [
    `<h1>Certificate authority: <span class="${status.verdict}">${status.verdict}</span></h1>`,
    `<p><code>${htmlText(status.home)}</code>, ${htmlText(status.at)}: ${issued} issued, ${revoked} revoked, ${pending} never completed.</p>`,
    '<table><thead><tr><th scope="col">state</th><th scope="col">what</th><th scope="col">until, or since</th><th scope="col">what to do</th></tr></thead><tbody>',
    ...rows,
    '</tbody></table>',
    ...(status.truncated ? ['<p>There is more of it than is listed here.</p>'] : []),
  ]);
}
