import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ModelsealError } from '../core/errors/index.js';
import { signatureScheme } from '../core/keys/index.js';
import { checkOptions, is, type OptionTable } from '../core/options.js';
import { htmlPage, htmlText } from '../core/report/index.js';
import { VERSION } from '../core/version.js';
import { type Certificate, summarizeCertificate } from '../core/x509/index.js';
import { type AuthoritySummary, type CreateAuthorityOptions, establish, type Made } from './establish.js';
import { type NewFile, PUBLIC } from './home.js';
import { CREATE } from './init.js';

export interface CeremonyRequest extends CreateAuthorityOptions {
  /** Folder for the root key, on a medium that goes into a safe. */
  readonly rootOut: string;
  /** Folder for the issuing key, on another medium. */
  readonly issuingOut: string;
  /** Who works the machine, as the transcript names them. */
  readonly operator: string;
  /** Who watches, and signs the printed transcript. */
  readonly witnesses: readonly string[];
  readonly place?: string | undefined;
  /** Accept folders of one file system; the transcript says so. */
  readonly allowSameMedium?: boolean | undefined;
}

const CEREMONY: OptionTable<CeremonyRequest> = {
  ...CREATE,
  issuingOut: is.text,
  operator: is.text,
  witnesses: is.list(is.text),
  place: is.text,
  allowSameMedium: is.flag,
};

export interface Ceremony extends AuthoritySummary {
  /** What was done, signed by the root key; and the same as a page to be printed and signed by hand. */
  readonly transcript: string;
  readonly signature: string;
  readonly page: string;
  readonly transcriptSha256: string;
}

const NAMES = {
  transcript: 'transcript.json',
  signature: 'transcript.sig',
  page: 'transcript.html',
} as const;

interface Transcript {
  readonly schema: 'modelseal/ceremony-transcript/v1';
  readonly at: string;
  readonly place: string | undefined;
  readonly operator: string;
  readonly witnesses: readonly string[];
  readonly software: Readonly<Record<string, string>>;
  readonly separateMedia: boolean;
  readonly steps: readonly string[];
  readonly certificates: readonly ReturnType<typeof summarizeCertificate>[];
  readonly files: readonly { readonly file: string; readonly sha256: string }[];
}

/**
 * Makes an authority before witnesses: root and issuing key on media of their own, each under a passphrase of its own,
 * and a transcript that the root key signs. The authority is in place with its transcript, or not at all.
 *
 * @throws {ModelsealError} `ERR_CEREMONY_PLAIN`, `ERR_CEREMONY_MEDIUM`, `ERR_CEREMONY_WITNESS`, what `createAuthority` throws
 * @example
 * await holdCeremony({
 *   home: 'authority',
 *   at: new Date(),
 *   organization: 'Example Ltd',
 *   protection: { root: 'of the key in the safe', issuing: secret },
 *   rootOut: '/media/root',
 *   issuingOut: '/media/issuing',
 *   operator: 'Ada Lovelace',
 *   witnesses: ['Grace Hopper'],
 * });
 */
export async function holdCeremony(request: CeremonyRequest): Promise<Ceremony> {
  checkOptions('holdCeremony', request, CEREMONY);
  const { issuingOut, operator, witnesses, place, allowSameMedium, ...options } = request;
  if (options.protection === 'plain') throw new ModelsealError('ERR_CEREMONY_PLAIN', {});
  if (witnesses.length === 0 || [operator, ...witnesses].some((name) => name.trim() === '')) {
    throw new ModelsealError('ERR_CEREMONY_WITNESS', {});
  }
  const separateMedia = areSeparate([options.home, options.rootOut, issuingOut], allowSameMedium === true);
  let transcriptSha256 = '';
  const summary = await establish(options, issuingOut, async (made) => {
    const transcript = describe(made, { at: options.at, operator, witnesses, place, separateMedia });
    const bytes = Buffer.from(`${JSON.stringify(transcript, undefined, 2)}\n`);
    transcriptSha256 = sha256(bytes);
    // Text begins with a brace, whatever else the root signs is DER and begins with 0x30: neither passes for the other.
    const signature = await made.root.signer.sign(bytes);
    const html = transcriptHtml(
      transcript,
      transcriptSha256,
      signatureScheme(made.root.signer.publicKey).hash,
    );
    return [
      { path: NAMES.transcript, data: bytes, mode: PUBLIC },
      { path: NAMES.signature, data: signature, mode: PUBLIC },
      { path: NAMES.page, data: html, mode: PUBLIC },
    ];
  });
  const inHome = (name: string): string => join(options.home, name);
  return {
    ...summary,
    transcript: inHome(NAMES.transcript),
    signature: inHome(NAMES.signature),
    page: inHome(NAMES.page),
    transcriptSha256,
  };
}

/**
 * Whether each folder lies on a file system of its own.
 *
 * @throws {ModelsealError} `ERR_CEREMONY_MEDIUM` when two are the same folder, or, unless allowed, of the same file system
 */
function areSeparate(folders: readonly string[], allowed: boolean): boolean {
  let separate = true;
  for (const [index, folder] of folders.entries()) {
    for (const other of folders.slice(0, index)) {
      if (resolve(folder) === resolve(other))
        throw new ModelsealError('ERR_CEREMONY_MEDIUM', { folder, other });
      if (deviceOf(folder) !== deviceOf(other)) continue;
      if (!allowed) throw new ModelsealError('ERR_CEREMONY_MEDIUM', { folder, other });
      separate = false;
    }
  }
  return separate;
}

/** The file system on which a folder lies, or will lie. */
function deviceOf(folder: string): number {
  let at = resolve(folder);
  while (!existsSync(at)) at = dirname(at);
  return statSync(at).dev;
}

function describe(
  { root, issuing, files }: Made,
  facts: Omit<CeremonyRequest, keyof CreateAuthorityOptions | 'issuingOut'> & {
    readonly at: Date;
    readonly separateMedia: boolean;
  },
): Transcript {
  const { at, operator, witnesses, place, separateMedia } = facts;
  const [rootCa, issuingCa] = [root, issuing].map(({ issuer }) => issuer.certificate) as [
    Certificate,
    Certificate,
  ];
  const where = (name: string): string =>
    resolve(files.find(({ path }) => basename(path) === name)?.path ?? name);
  return {
    schema: 'modelseal/ceremony-transcript/v1',
    at: at.toISOString(),
    place,
    operator,
    witnesses,
    software: {
      modelseal: VERSION,
      node: process.version,
      openssl: process.versions.openssl ?? '',
      platform: `${process.platform} ${process.arch}`,
    },
    separateMedia,
    steps: [
      `the root key was made (${rootCa.keyDescription}), and its certificate signed by itself`,
      `the issuing key was made (${issuingCa.keyDescription}), and its certificate signed by the root`,
      'each of the two signed its first list of revoked certificates, which names none',
      `the root key was encrypted under its passphrase and written to ${where('root.key')}`,
      `the issuing key was encrypted under another passphrase and written to ${where('issuing.key')}`,
      'this transcript was signed by the root key',
    ],
    certificates: [rootCa, issuingCa].map(summarizeCertificate),
    files: files.map((file) => ({ file: resolve(file.path), sha256: sha256(dataOf(file)) })),
  };
}

const dataOf = ({ data }: NewFile): Uint8Array => (typeof data === 'string' ? Buffer.from(data) : data);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** In groups of four, as two people compare it aloud. */
const grouped = (hex: string): string => hex.replace(/(.{4})(?=.)/g, '$1 ');

function transcriptHtml(transcript: Transcript, digest: string, hash: string): string {
  const { at, place, operator, witnesses, software, separateMedia, steps, certificates, files } = transcript;
  const rows = (all: readonly (readonly [string, string])[]): string =>
    all.map(([name, value]) => `<tr><th scope="row">${htmlText(name)}</th><td>${value}</td></tr>`).join('\n');
  const code = (value: string): string => `<code>${htmlText(value)}</code>`;
  return htmlPage('Key ceremony', [
    '<h1>Key ceremony of a certificate authority</h1>',
    `<table>${rows([
      ['Time', htmlText(at)],
      ['Place', htmlText(place ?? '')],
      ['Operator', htmlText(operator)],
      ['Witnesses', htmlText(witnesses.join(', '))],
      [
        'Software',
        htmlText(
          Object.entries(software)
            .map(([name, version]) => `${name} ${version}`)
            .join(', '),
        ),
      ],
      [
        'Media',
        separateMedia ? 'keys and records on a file system each' : 'NOT separate: folders of one file system',
      ],
    ])}</table>`,
    `<h2>Steps</h2><ol>${steps.map((step) => `<li>${htmlText(step)}</li>`).join('')}</ol>`,
    ...certificates.map(
      ({ subject, serialNumber, notBefore, notAfter, fingerprint, key }) =>
        `<h2>${htmlText(subject)}</h2><table>${rows([
          ['SHA-256', code(grouped(fingerprint))],
          ['Serial number', code(serialNumber)],
          ['Valid', `${htmlText(notBefore)} to ${htmlText(notAfter)}`],
          ['Key', htmlText(key)],
        ])}</table>`,
    ),
    `<h2>Files</h2><table>${rows(files.map(({ file, sha256: sum }) => [file, code(grouped(sum))]))}</table>`,
    '<h2>Signatures</h2>',
    `<p>SHA-256 of <code>${NAMES.transcript}</code>: ${code(grouped(digest))}</p>`,
    '<p>Its signature by the root key is checked with:<br>',
    code('openssl x509 -in root.pem -pubkey -noout > root-public.pem'),
    '<br>',
    code(`openssl dgst -${hash} -verify root-public.pem -signature ${NAMES.signature} ${NAMES.transcript}`),
    '</p>',
    `<table>${rows([operator, ...witnesses].map((name) => [name, '<br><br>']))}</table>`,
  ]);
}
