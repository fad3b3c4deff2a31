import { defineErrors, list } from './texts.js';

/** Causes in scanning, in safe deserialisation and in conversion. */
export const scanErrors = defineErrors({
  ERR_FORMAT_MALFORMED: {
    kind: 'unchecked',
    say: (d: { format: string; problem: string; offset: number }) =>
      `not valid ${d.format} at byte ${d.offset}: ${d.problem}`,
    hint: 'The file is damaged or deliberately malformed. Fetch it again; if it stays so, do not load it.',
  },
  ERR_PROTOBUF: {
    kind: 'unchecked',
    say: (d: { problem: string; offset: number }) =>
      `not a valid protobuf message at byte ${d.offset}: ${d.problem}`,
    hint: 'The file is damaged or deliberately malformed. Fetch it again; if it stays so, do not load it.',
  },
  ERR_THREAT_FOUND: {
    kind: 'threat',
    say: (d: { subject: string; rules: readonly string[]; findings: readonly string[] }) =>
      `${d.subject} contains a threat (${list(d.rules)})`,
    hint: 'Do not load the model. Run "modelseal scan" for every finding with its place and remedy.',
  },
  ERR_SCAN_INCOMPLETE: {
    kind: 'unchecked',
    say: (d: { subject: string; files: readonly string[]; reason: string }) =>
      `${d.subject} could not be scanned in full: ${list(d.files)} (${d.reason})`,
    hint: 'What was not understood is not clean. Remove the file, convert it, or accept it with --allow-unparsed.',
  },
  ERR_RULE_UNKNOWN: {
    kind: 'usage',
    say: (d: { rule: string }) => `there is no rule ${d.rule}`,
    hint: 'docs/scanner.md lists every rule with its identifier.',
  },
});
