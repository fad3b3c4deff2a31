export { didYouMean } from '../guess.js';
export { type Command, type CommandContext, command, group } from './command.js';
export { formatBytes, formatDuration, printable } from './format.js';
export { knownWords, leaveHelpUnrendered, optionWords } from './known-words.js';
export { Output, type OutputOptions, type Streams } from './output.js';
export { type PassphraseArguments, passphraseOptions, passphraseSource } from './passphrase.js';
export { openTelemetrySinks, type Telemetry, telemetrySettings } from './telemetry.js';
export { parseTime } from './time.js';
export { dashesAreNames, optionValue, ownWords, spreadLists } from './words.js';
