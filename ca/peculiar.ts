type X509 = typeof import('@peculiar/x509');

/**
 * The X.509 library that reads beside ours, with its cryptography. Loaded when first needed: it costs a quarter of
 * a second. Objects cross to it and back as DER bytes only.
 */
export async function x509(): Promise<X509> {
  // The library's decorators need it at import time.
  await import('reflect-metadata');
  const [library, { Crypto }] = await Promise.all([import('@peculiar/x509'), import('@peculiar/webcrypto')]);
  library.cryptoProvider.set(new Crypto());
  return library;
}
