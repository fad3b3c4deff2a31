import { UnverifiedBundle } from '../../core/bundle/index.js';
import { isModelsealError } from '../../core/errors/index.js';
import { Certificate, certificateIdentities } from '../../core/x509/index.js';
import { readSignature } from '../pipeline/signature-file.js';

/**
 * Who a signature says signed, for an incident report. Nothing of it is proven: a refused signature claims what its
 * maker wanted it to claim, and that is what an investigation wants to know.
 */
export function claimedSigners(model: string): string[] {
  try {
    const bundle = UnverifiedBundle.parse(readSignature(model, undefined).bytes);
    const [leaf] = bundle.chain;
    if (leaf === undefined) return bundle.keyHint === undefined ? [] : [`key ${bundle.keyHint}`];
    const certificate = Certificate.decode(leaf);
    return [certificate.subject.toString(), ...certificateIdentities(certificate)];
  } catch (error) {
    // A signature that is missing or cannot be read claims nothing.
    if (isModelsealError(error)) return [];
    throw error;
  }
}
