import type { AsnType } from 'asn1js';
import { ModelsealError } from '../../core/errors/index.js';

/** More lines than anyone reads; a CRL of a million entries must not become a million lines. */
const MAX_LINES = 2000;

/** Deeper than any format of certificates. */
const MAX_DEPTH = 40;

/** Characters of a value that are shown. */
const SHOWN = 64;

/**
 * The ASN.1 structure of a DER or BER object as indented lines, for people who debug certificates.
 *
 * @throws {ModelsealError} `ERR_DER` where it is not ASN.1
 */
export async function asn1Lines(bytes: Uint8Array): Promise<string[]> {
  const asn1js = await import('asn1js');
  const { offset, result } = asn1js.fromBER(Uint8Array.from(bytes).buffer);
  if (offset === -1) throw new ModelsealError('ERR_DER', { problem: result.error || 'not ASN.1', offset: 0 });
  const lines: string[] = [];
  const visit = (node: AsnType, depth: number): void => {
    if (lines.length >= MAX_LINES) return;
    lines.push(`${'  '.repeat(depth)}${describe(node)}`);
    const { value } = node.valueBlock as { value?: unknown };
    if (!Array.isArray(value) || !node.idBlock.isConstructed) return;
    if (depth >= MAX_DEPTH) lines.push(`${'  '.repeat(depth + 1)}…`);
    else for (const child of value as AsnType[]) visit(child, depth + 1);
  };
  visit(result, 0);
  if (lines.length >= MAX_LINES) lines.push('…');
  if (offset < bytes.length) lines.push(`${bytes.length - offset} bytes follow`);
  return lines;
}

function describe(node: AsnType): string {
  const { tagClass, tagNumber } = node.idBlock;
  const name = tagClass === 3 ? `[${tagNumber}]` : (node.constructor as unknown as { NAME?: string }).NAME;
  const length = `${node.valueBlock.blockLength} bytes`;
  const text = node.idBlock.isConstructed ? '' : String(node.toString()).split(' : ').slice(1).join(' : ');
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  return `${name ?? `tag ${tagNumber}`} (${length})${shown ? ` ${shown}` : ''}`;
}
