import type { Effects } from './effects.js';
import { intOf, KIND, kindOf, payloadOf } from './values.js';

/** Bytes per element of PyTorch's storage types. */
const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  BFloat16Storage: 2,
  BoolStorage: 1,
  ByteStorage: 1,
  CharStorage: 1,
  ComplexDoubleStorage: 16,
  ComplexFloatStorage: 8,
  DoubleStorage: 8,
  FloatStorage: 4,
  HalfStorage: 2,
  IntStorage: 4,
  LongStorage: 8,
  QInt32Storage: 4,
  QInt8Storage: 1,
  QUInt2x4Storage: 1,
  QUInt4x2Storage: 1,
  QUInt8Storage: 1,
  ShortStorage: 2,
  UntypedStorage: 1,
};

/** Storages that persistent identifiers name; a large model has thousands. */
const MAX_STORAGES = 1 << 20;

/** The tensor storages that a PyTorch pickle refers to by persistent identifier. */
export class TorchStorages {
  readonly #bytes = new Map<string, number>();
  /** Elements of the largest. */
  largest = 0;

  /**
   * Takes note of `('storage', type, key, location, elements, …)`, or of `('module', …)` of early releases.
   *
   * @returns False where the identifier is not PyTorch's.
   */
  note(effects: Effects, pid: Float64Array): boolean {
    const tag = pid[0] === undefined ? undefined : effects.text(pid[0]);
    if (tag === 'module') return pid.length === 4;
    if (tag !== 'storage' || pid.length < 5) return false;
    const type = pid[1] ?? 0;
    const key = effects.text(pid[2] ?? 0);
    const elements = intOf(pid[4] ?? 0);
    const global = type >= 0 && kindOf(type) === KIND.GLOBAL ? effects.global(payloadOf(type)) : undefined;
    const size = global && Object.hasOwn(ELEMENT_BYTES, global.name) ? ELEMENT_BYTES[global.name] : undefined;
    if (
      !global?.module.startsWith('torch') ||
      key === undefined ||
      elements === undefined ||
      size === undefined
    ) {
      return false;
    }
    this.largest = Math.max(this.largest, elements);
    if (this.#bytes.size < MAX_STORAGES) {
      this.#bytes.set(key, Math.max(this.#bytes.get(key) ?? 0, elements * size));
    }
    return true;
  }

  /** Bytes that the raw storages occupy behind the pickles of a legacy file: each has its length before it. */
  get legacyBytes(): number {
    let total = 0;
    for (const bytes of this.#bytes.values()) total += 8 + bytes;
    return total;
  }
}
