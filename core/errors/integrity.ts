import { hintForAdded } from './added-files.js';
import { defineErrors, list } from './texts.js';

const ADDED =
  'Remove what was added, ask the publisher to sign it, or use --ignore-unsigned-files knowingly.';

/** Causes in the model itself: its folder, its files, and how they differ from the manifest. */
export const integrityErrors = defineErrors({
  ERR_MODEL_EMPTY: {
    kind: 'refused',
    say: (d: { model: string }) => `${d.model} holds no file that is not excluded`,
    hint: 'Check the path and the excluded paths; a signature over nothing would prove nothing.',
  },
  ERR_MODEL_SYMLINK: {
    kind: 'refused',
    say: (d: { file: string }) => `${d.file} is a symbolic link`,
    hint: 'Replace it by the file it points to, or sign with --allow-symlinks for links that stay inside the model. A model that is itself named through a link: give its real path. Who verifies reads through links.',
  },
  ERR_MODEL_SYMLINK_OUTSIDE: {
    kind: 'refused',
    say: (d: { file: string }) => `the symbolic link ${d.file} points outside the model`,
    hint: 'Copy the target into the model folder; what lies outside cannot be signed with it.',
  },
  ERR_MODEL_SYMLINK_CYCLE: {
    kind: 'refused',
    say: (d: { file: string }) => `the symbolic link ${d.file} leads back to a folder above itself`,
    hint: 'Remove the link; following it would never end.',
  },
  ERR_MODEL_SYMLINK_BROKEN: {
    kind: 'refused',
    say: (d: { file: string }) => `the symbolic link ${d.file} points to nothing`,
    hint: 'Remove the link or restore its target.',
  },
  ERR_MODEL_FILE_TYPE: {
    kind: 'refused',
    say: (d: { file: string; type: string }) => `${d.file} is a ${d.type}, not a regular file`,
    hint: 'Models consist of regular files and folders; remove it or exclude it with --ignore-paths.',
  },
  ERR_MODEL_NAME_ENCODING: {
    kind: 'refused',
    say: (d: { file: string }) => `the name of ${d.file} (bytes in hexadecimal) is not valid UTF-8`,
    hint: 'Rename the file; such a name cannot be written into a manifest without loss.',
  },
  ERR_MODEL_TOO_MANY_FILES: {
    kind: 'refused',
    say: (d: { model: string; limit: number }) => `${d.model} has more than ${d.limit} files and folders`,
    hint: 'Check that the right folder was named; exclude what is not part of the model.',
  },
  ERR_MODEL_TOO_DEEP: {
    kind: 'refused',
    say: (d: { file: string; limit: number }) => `${d.file} lies deeper than ${d.limit} folders`,
    hint: 'Check that the right folder was named; no legitimate model is nested like this.',
  },
  ERR_MODEL_MOVED: {
    kind: 'refused',
    say: (d: { file: string }) => `${d.file} was replaced while the model was being read`,
    hint: 'Something changes the folder at this moment. Stop it, or copy the model first, then run again.',
  },
  ERR_FILE_CHANGED_WHILE_READ: {
    kind: 'refused',
    say: (d: { file: string; expected: number; found: number }) =>
      `${d.file} changed while it was read: ${d.expected} bytes expected, ${d.found} found`,
    hint: 'Something writes to the model at this moment. Stop it, or copy the model first, then run again.',
  },
  ERR_FILE_TOO_LARGE_TO_HOLD: {
    kind: 'unchecked',
    say: (d: { file: string; size: number; limit: number }) =>
      `${d.file} has ${d.size} bytes; this Node can hold ${d.limit} in one piece`,
    hint: 'Split the weights into several files, or use a newer Node, whose buffers are larger.',
  },
  ERR_FILE_UNSIGNED: {
    kind: 'refused',
    say: (d: { files: readonly string[] }) => `in the model but not in the signed manifest: ${list(d.files)}`,
    hint: ADDED,
    hintFor: (d: { files: readonly string[] }) => hintForAdded(d.files, ADDED),
  },
  ERR_FILE_MISSING: {
    kind: 'refused',
    say: (d: { files: readonly string[] }) => `in the signed manifest but not in the model: ${list(d.files)}`,
    hint: 'Download the model again; it is not complete.',
  },
  ERR_FILE_CHANGED: {
    kind: 'refused',
    say: (d: { files: readonly string[] }) => `not what was signed: ${list(d.files)}`,
    hint: 'Do not use the model. Download it again from the publisher; if that does not help, report it to them.',
  },
  ERR_FILE_NOT_IN_MANIFEST: {
    kind: 'refused',
    say: (d: { files: readonly string[] }) => `asked for but not in the signed manifest: ${list(d.files)}`,
    hint: 'Give names as the manifest has them, relative to the model folder; modelseal inspect lists them.',
  },
  ERR_TREE_DIGEST: {
    kind: 'refused',
    say: (d: { recorded: string; computed: string }) =>
      `names, sizes or empty files are not what was signed: tree digest ${d.computed} instead of ${d.recorded}`,
    hint: 'Every digest matches but the tree does not: an empty file was added or removed. Download the model again.',
  },
});
