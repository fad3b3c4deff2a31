/** Replaces a property for good: later code can neither restore nor replace it. */
export function lock(target: object, name: PropertyKey, value: unknown): void {
  const old = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, {
    value,
    writable: false,
    configurable: false,
    enumerable: old?.enumerable ?? false,
  });
}

/**
 * Replaces the value of a property of a built-in module. It stays configurable, because Node itself mirrors these
 * properties for ES modules.
 */
export function replace(target: object, name: PropertyKey, value: unknown): void {
  const old = Object.getOwnPropertyDescriptor(target, name);
  if (old && !old.configurable && !old.writable) return;
  Object.defineProperty(target, name, {
    value,
    writable: false,
    configurable: old?.configurable ?? true,
    enumerable: old?.enumerable ?? true,
  });
}
