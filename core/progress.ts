/** How far a pass over data has come. `total` is known before the first byte is read. */
export interface Progress {
  readonly bytes: number;
  readonly total: number;
  readonly files: number;
  readonly totalFiles: number;
}

/** Called at most every few megabytes from inside hot loops; must be cheap and must not throw. */
export type ProgressSink = (progress: Progress) => void;
