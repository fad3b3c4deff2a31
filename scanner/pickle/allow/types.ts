/** Names of one module, separated by spaces, by what a pickle may do with them. */
export interface AllowedNames {
  /** May be called with any arguments. */
  readonly call?: string;
  /** The same, and the result takes items by key. */
  readonly mapping?: string;
  /** The same, and the result takes appended items. */
  readonly sequence?: string;
  /** The same, and the result takes added members. */
  readonly set?: string;
  /** May be instantiated without running its constructor (NEWOBJ, `_reconstructor`) and given a state. */
  readonly instance?: string;
  /** May be stored, never called. */
  readonly ref?: string;
  /** May be called; it calls, instantiates or imports some of its arguments, which `applied.ts` judges one by one. */
  readonly applies?: string;
  /** May be called where its arguments pass a check of their own (`arguments.ts`). */
  readonly check?: string;
}
