/**
 * Minor releases of onnxruntime-node 1 that were attacked with external data on the disk and took the verified bytes
 * (test/interop/onnxruntime-node.test.ts). The peer range of the package says the same. 1.20 ignores the bytes that it
 * is given and reads the working directory.
 */
export const NATIVE_MINORS = { first: 21, last: 30 } as const;

export const NATIVE_RANGE = `>=1.${NATIVE_MINORS.first}.0 <1.${NATIVE_MINORS.last + 1}.0`;

export function isTestedNative(version: unknown): boolean {
  const [, minor] = /^1\.([0-9]{1,4})\.[0-9]{1,4}$/.exec(String(version)) ?? [];
  return minor !== undefined && Number(minor) >= NATIVE_MINORS.first && Number(minor) <= NATIVE_MINORS.last;
}
