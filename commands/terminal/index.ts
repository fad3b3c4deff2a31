export { didYouMean } from '../../core/guess.js';
export {
  type Arguments,
  type Command,
  type CommandContext,
  type CommandList,
  command,
  group,
} from './command.js';
export { formatBytes, formatDuration, printable } from '../../core/printable.js';
export { knownWords, leaveHelpUnrendered, listsOf } from './known-words.js';
export { Output, type OutputOptions, type Streams } from './output.js';
export { type PassphraseArguments, passphraseOptions, passphraseSource } from '../options/passphrase.js';
export { openTelemetrySinks, type Telemetry, telemetrySettings } from '../telemetry/sinks.js';
export { parseTime } from './time.js';
export { dashesAreNames, flagValue, optionName, optionValue, ownWords, spreadLists } from './words.js';
