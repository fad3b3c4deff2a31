/** The variable that carries the configuration into the guarded process. */
export const GUARD_VARIABLE = 'MODELSEAL_GUARD';

/** What the files of a signed folder may be used for. */
export type FolderUse = 'code' | 'models' | 'both';

/** A folder whose signature was accepted: where it lies, and the SHA-256 of every file in its manifest. */
export interface SignedFolder {
  /** Real path, no symbolic link in it. */
  readonly root: string;
  /** The path that the configuration gave, made absolute; programs may use it too. */
  readonly given: string;
  readonly use: FolderUse;
  /** Manifest name (relative, with "/") to lower-case hexadecimal SHA-256. */
  readonly files: Readonly<Record<string, string>>;
  /** Names that are no part of what was signed, each with everything below it: the signature, and what it leaves out. */
  readonly ignored: readonly string[];
}

/** Where refusals are told. The descriptor must stay the one it was: a program could close it and open another file. */
export interface ReportTarget {
  readonly fd: number;
  readonly dev: number;
  readonly ino: number;
  /** One JSON line for each refusal; sentences for people without it. */
  readonly json: boolean;
}

/** What the guard of one thread needs to know. Plain data: it goes into the hooks thread and into workers as JSON. */
export interface GuardState {
  readonly folders: readonly SignedFolder[];
  readonly allowEval: boolean;
  readonly allowEmbeddedWasm: boolean;
  readonly report: ReportTarget;
}
