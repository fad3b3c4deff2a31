import type { InferredOptionTypes, Options } from 'yargs';

/** Options by name. Commands that share a group of options share its table, and the types of its values follow from it. */
export type OptionTable = Readonly<Record<string, Options>>;

/** What yargs hands over for a table. */
export type Values<T extends Record<string, Options>> = Readonly<Partial<InferredOptionTypes<T>>>;

export const list = (describe: string) => ({ type: 'string', array: true, describe }) as const;
export const text = (describe: string) => ({ type: 'string', describe }) as const;
export const flag = (describe: string) => ({ type: 'boolean', default: false, describe }) as const;

/** An option or argument that must be given. */
export const needed = <T extends Options>(option: T) => ({ ...option, demandOption: true }) as const;
