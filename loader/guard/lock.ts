import { adopt } from './pristine.js';

/** Replaces a property for good: later code can neither restore nor replace it. */
export function lock(target: object, name: PropertyKey, value: unknown): void {
  const old = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, {
    value,
    writable: false,
    configurable: false,
    enumerable: old?.enumerable ?? false,
  });
  adopt(target, name);
}

/**
 * Replaces the value of a property of a built-in module. It stays configurable, because Node itself mirrors these
 * properties for ES modules.
 *
 * @param writable For what packages commonly wrap: a wrapper can only call the replacement.
 */
export function replace(target: object, name: PropertyKey, value: unknown, writable = false): void {
  const old = Object.getOwnPropertyDescriptor(target, name);
  if (old && !old.configurable && !old.writable) return;
  Object.defineProperty(target, name, {
    value,
    writable,
    configurable: old?.configurable ?? true,
    enumerable: old?.enumerable ?? true,
  });
}

/** A proxy whose traps are these alone: others would be looked up in Object.prototype, and be handed what is behind. */
export function closedProxy<T extends object>(target: T, traps: ProxyHandler<T>): T {
  return new Proxy(target, Object.assign(Object.create(null) as ProxyHandler<T>, traps));
}
