import type { CommandWords } from './known-words.js';

export { wordsOf } from './known-words.js';

/** What can stand where the path of the command and the word before are like the pattern. */
interface Case {
  readonly pattern: string;
  readonly words: readonly string[];
  readonly options: readonly string[];
}

/** Longest paths first, since the first pattern that fits decides. */
function cases(commands: readonly CommandWords[], globals: readonly string[]): Case[] {
  const sorted = [...commands].sort((a, b) => b.path.split(' ').length - a.path.split(' ').length);
  // `verify` stands for whatever model is named behind it; `ca` has a second word of its own.
  const pattern = ({ path }: CommandWords): string => (path.includes(' ') ? `'${path}` : `'${path} '*'`);
  const values = sorted.flatMap((command) =>
    Object.entries(command.choices).map(([option, words]) => ({
      pattern: `${pattern(command)} --${option}'`,
      words,
      options: [],
    })),
  );
  const words = sorted.map((command) => ({
    pattern: `${pattern(command)} '*`,
    words: command.commands,
    options: [...command.options, ...globals],
  }));
  const first = commands.filter(({ path }) => !path.includes(' ')).map(({ path }) => path);
  return [...values, ...words, { pattern: `' '*`, words: ['help', ...first], options: globals }];
}

/**
 * A script for a shell that completes commands, options and their values, and leaves the rest to file names. It holds
 * all words itself: completing starts no process, and is as old as the script.
 */
export function completionScript(
  shell: 'bash' | 'zsh',
  commands: readonly CommandWords[],
  globals: readonly string[],
): string {
  const lines = cases(commands, globals).map(({ pattern, words, options }) => {
    const flags = options.map((option) => `--${option}`);
    return `    ${pattern}) plain='${words.join(' ')}' flags='${flags.join(' ')}' ;;`;
  });
  return (shell === 'bash' ? bash : zsh)(lines.join('\n'));
}

const bash = (cases: string): string => `# source <(modelseal completion bash)
_modelseal() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" at=1 one='' two='' plain='' flags=''
  [ "$COMP_CWORD" -gt 1 ] && [ "\${COMP_WORDS[1]}" = help ] && at=2
  [ "$COMP_CWORD" -gt $at ] && one="\${COMP_WORDS[at]}"
  [ "$COMP_CWORD" -gt $((at + 1)) ] && two="\${COMP_WORDS[at+1]}"
  case "$one $two $before" in
${cases}
  esac
  [ "\${current#-}" != "$current" ] && plain="$flags"
  COMPREPLY=($(compgen -W "$plain" -- "$current"))
}
complete -o default -F _modelseal modelseal`;

const zsh = (cases: string): string => `#compdef modelseal
# source <(modelseal completion zsh)
_modelseal() {
  local current="\${words[CURRENT]}" before="\${words[CURRENT-1]}" at=2 one='' two='' plain='' flags=''
  (( CURRENT > 2 )) && [[ "\${words[2]}" == help ]] && at=3
  (( CURRENT > at )) && one="\${words[at]}"
  (( CURRENT > at + 1 )) && two="\${words[at+1]}"
  case "$one $two $before" in
${cases}
  esac
  [[ "$current" == -* ]] && plain="$flags"
  compadd -- \${=plain} || _files
}
compdef _modelseal modelseal`;
