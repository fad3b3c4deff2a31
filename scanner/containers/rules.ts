import { defineRules } from '../rule.js';

/** Rules of archives and compressed streams. */
export const archiveRules = defineRules({
  'ARC-NAME-MISMATCH': {
    severity: 'high',
    title: 'Archive names an entry differently in two places',
    description:
      'Central directory and local header disagree about a name, so a scanner and a loader see different files. No honest writer does this.',
    remedy: 'Do not open the archive; ask the publisher for a fresh one.',
  },
  'ARC-HEADER-MISMATCH': {
    severity: 'high',
    title: 'Archive describes an entry differently in two places',
    description:
      'Central directory and local header disagree about method, size or encryption. Readers that trust one of them see other content than readers that trust the other.',
    remedy: 'Do not open the archive; ask the publisher for a fresh one.',
  },
  'ARC-DUPLICATE': {
    severity: 'high',
    title: 'Archive holds two entries of one name',
    description: 'Which of the two a reader takes is not defined: one can be shown and the other loaded.',
    remedy: 'Pack the archive again with unique names.',
  },
  'ARC-CRC': {
    severity: 'medium',
    title: 'Checksum of an archive entry is wrong',
    description:
      'Careful readers stop at such an entry while PyTorch loads it: scanners are made to fail that way. It may also be damage.',
    remedy: 'Fetch the file again and compare its digest with the publisher.',
  },
  'ARC-ENCRYPTED': {
    severity: 'medium',
    title: 'Archive entry is encrypted',
    description: 'The content cannot be looked at. Models are not published encrypted in this way.',
    remedy: 'Decrypt it and scan the result.',
  },
  'ARC-FALSE-ENCRYPTION': {
    severity: 'high',
    title: 'Archive entry pretends to be encrypted',
    description:
      'The flag says encrypted, the content is not: scanners give up at it while loaders that ignore the flag read it.',
    remedy: 'Do not open the archive.',
  },
  'ARC-TRAVERSAL': {
    severity: 'high',
    title: 'Archive entry leaves the folder it is unpacked into',
    description: 'Its name is absolute or climbs with "..", so unpacking overwrites files elsewhere.',
    remedy: 'Do not unpack it.',
  },
  'ARC-LINK': {
    severity: 'medium',
    title: 'Archive holds a link',
    description: 'Unpacking creates a symbolic or hard link; models have no use for one.',
    remedy: 'Pack the content itself instead of the link.',
  },
  'ARC-LINK-ESCAPE': {
    severity: 'high',
    title: 'Archive holds a link that points outside',
    description:
      'After unpacking, reading or writing through the link reaches files elsewhere on the machine.',
    remedy: 'Do not unpack it.',
  },
  'ARC-DEVICE': {
    severity: 'high',
    title: 'Archive holds a device or a pipe',
    description: 'Unpacking as a privileged user creates it; models have no use for one.',
    remedy: 'Do not unpack it.',
  },
  'ARC-BOMB': {
    severity: 'high',
    title: 'Archive expands out of all proportion',
    description: 'Unpacking or loading it exhausts memory or disk.',
    remedy: 'Do not unpack it.',
  },
  'ARC-OVERLAP': {
    severity: 'high',
    title: 'Archive entries share the same bytes',
    description:
      'Overlapping entries are how small archives expand to terabytes, and how one reader sees another file than the next.',
    remedy: 'Do not unpack it.',
  },
  'ARC-AMBIGUOUS': {
    severity: 'high',
    title: 'Archive has several directories',
    description:
      'More than one end record fits: which files are in the archive depends on the reader, so one list can be scanned and another loaded.',
    remedy: 'Do not open the archive; pack it again.',
  },
  'ARC-HIDDEN': {
    severity: 'high',
    title: 'Archive hides data between its entries',
    description:
      'There are entries or data that the directory does not list; readers that stream the file do see them.',
    remedy: 'Unpack and pack the archive again, and compare.',
  },
  'ARC-PREFIX': {
    severity: 'medium',
    title: 'Data before the archive',
    description: 'The file is also something else: what it is depends on who opens it.',
    remedy: 'Find out what stands before the archive; a model file has nothing there.',
  },
  'ARC-TRAILING': {
    severity: 'medium',
    title: 'Data after the end',
    description:
      'The format ends before the file does; what follows is not part of the model but is delivered with it.',
    remedy: 'Cut the file at its end, or ask the publisher what the rest is.',
  },
  'ARC-DAMAGED': {
    severity: 'low',
    title: 'Archive structure is inconsistent',
    description: 'A field has a value that honest writers do not produce.',
    remedy: 'Pack the archive again.',
  },
  'FILE-POLYGLOT': {
    severity: 'high',
    title: 'File is valid as several formats',
    description: 'It is one thing for the scanner or the reviewer and another for the loader.',
    remedy: 'Do not load it.',
  },
});
