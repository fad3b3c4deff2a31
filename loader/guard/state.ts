/** The variable that carries the configuration into the guarded process. */
export const GUARD_VARIABLE = 'MODELSEAL_GUARD';

/** A folder whose signature was accepted: where it lies, and the SHA-256 of every file in its manifest. */
export interface SignedFolder {
  /** Real path, no symbolic link in it. */
  readonly root: string;
  /** Manifest name (relative, with "/") to lower-case hexadecimal SHA-256. */
  readonly files: Readonly<Record<string, string>>;
}

/** What the guard of one thread needs to know. Plain data: it is cloned into the hooks thread and into workers. */
export interface GuardState {
  readonly folders: readonly SignedFolder[];
  readonly allowEval: boolean;
  readonly allowEmbeddedWasm: boolean;
  /** Descriptor that gets one JSON line for each refusal; without it refusals are told on stderr. */
  readonly reportFd?: number | undefined;
}
