/** What one file may cost, containers and members together. Raised or lowered through the options. */
export interface ScanLimits {
  /** How deep archives may be nested. */
  readonly depth: number;
  /** Bytes that decompression may produce. */
  readonly expandedBytes: number;
  /** Archive members and embedded streams looked at. */
  readonly members: number;
  /** Units of work (see {@link ScanContext.spend}): a fixed part … */
  readonly units: number;
  /** … and a part for each byte of the file. */
  readonly unitsPerByte: number;
}

export const DEFAULT_LIMITS: ScanLimits = {
  // A PyTorch archive in a tar in a gzip in a zip is four; whoever nests deeper wants the scanner to give up.
  depth: 8,
  // The largest compressed arrays met in practice expand to a few hundred megabytes; all of it is held in memory.
  expandedBytes: 1 << 30,
  // A sharded model folder packed as one archive stays below this; a bomb of tiny entries does not.
  members: 20_000,
  // A small file that is hard work (a pickle of a million opcodes) still fits; one that loops does not.
  units: 1 << 26,
  // Every layer reads its bytes a few times: to recognise, to check the checksum, to parse.
  unitsPerByte: 32,
};

/** Findings kept per file; a hostile file could otherwise fill memory with them. */
export const MAX_FINDINGS = 1000;
/** Reasons kept per file for not having understood it. */
export const MAX_UNPARSED = 100;
