import { ModelsealError } from '../errors/index.js';

/** The one way a reader says that bytes are not the format they claim to be. */
export function malformed(
  format: string,
  problem: string,
  offset = 0,
): ModelsealError<'ERR_FORMAT_MALFORMED'> {
  return new ModelsealError('ERR_FORMAT_MALFORMED', { format, problem, offset });
}
