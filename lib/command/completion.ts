import type { Given } from "./args";
import type { Shell, usage } from "./usage/completion";
import { verbs } from "./verbs";

export async function run({ positionals: [shell] }: Given<typeof usage>): Promise<number> {
  process.stdout.write(writers[shell as Shell](await readCommands()));
  return 0;
}

interface Flag {
  name: string;
  says: string;
  takesWord: boolean;
  choices: readonly string[];
}

interface Command {
  name: string;
  says: string;
  flags: Flag[];
  words: readonly string[];
}

const writers: Record<Shell, (commands: Command[]) => string> = { bash: writeBash, zsh: writeZsh, fish: writeFish };

/** Every verb with its flags, from what it gives to parseArgs and what its help says. */
async function readCommands(): Promise<Command[]> {
  return Promise.all(
    Object.entries(verbs).map(async ([name, { says, loadUsage }]) => {
      const { options, choices = {}, words, help } = await loadUsage();
      const flags = Object.entries(options).map(([flag, { type }]) => ({
        name: flag,
        says: describeFlag(help, flag),
        takesWord: type === "string",
        choices: choices[flag] ?? [],
      }));
      return {
        name,
        says,
        flags: [...flags, { name: "help", says: "say more", takesWord: false, choices: [] }],
        words: words?.() ?? [],
      };
    }),
  );
}

/** What a help text says of a flag, up to its first sentence's end. */
function describeFlag(help: string, flag: string): string {
  const line = help.split("\n").find((one) => new RegExp(`^ {2}--${flag}\\b`).test(one)) ?? "";
  const [, says = ""] = /^\s+--\S+(?: \S+)* {2,}(.*)$/.exec(line) ?? [];
  return says.startsWith("{") ? "as JSON" : says.split(/[.;:]| \(/)[0];
}

function writeBash(commands: Command[]): string {
  const choices = commands.flatMap(({ name, flags }) =>
    flags
      .filter((flag) => flag.choices.length > 0)
      .map((flag) => `    "${name} --${flag.name}") words="${flag.choices.join(" ")}" ;;`),
  );
  const plain = commands.map(({ name, flags }) => `    ${name}) words="${flags.map(formatFlag).join(" ")}" ;;`);
  return `# completion of runbook for bash
_runbook() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words=""
  COMPREPLY=()
  case "\${COMP_WORDS[1]} \${COMP_WORDS[COMP_CWORD-1]}" in
${choices.join("\n")}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${[...commands.map(({ name }) => name), "--help", "--version"].join(" ")}"
  elif [ -z "$words" ] && [ "\${word#-}" != "$word" ]; then
    case "\${COMP_WORDS[1]}" in
${plain.map((line) => `  ${line}`).join("\n")}
    esac
  elif [ -z "$words" ]; then
    case "\${COMP_WORDS[1]}" in
${commands
  .filter(({ words }) => words.length > 0)
  .map(({ name, words }) => `      ${name}) words="${words.join(" ")}" ;;`)
  .join("\n")}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _runbook runbook
`;
}

function writeZsh(commands: Command[]): string {
  const described = commands.map(({ name, says }) => `    ${quoteWord(`${name}:${says}`)}`);
  const cases = commands.map(({ name, flags, words }) => {
    const specs = flags.map((flag) => {
      const words = flag.choices.length > 0 ? `(${flag.choices.join(" ")})` : "_files";
      return quoteWord(
        `--${flag.name}[${flag.says.replace(/[[\]]/g, "")}]${flag.takesWord ? `:${flag.name}:${words}` : ""}`,
      );
    });
    const rest = words.length > 0 ? `(${words.join(" ")})` : "_files";
    return `    ${name}) _arguments ${[...specs, quoteWord(`*:word:${rest}`)].join(" ")} ;;`;
  });
  return `#compdef runbook
# completion of runbook for zsh
_runbook() {
  local -a commands
  commands=(
${described.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe 'verb' commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case "$words[1]" in
${cases.join("\n")}
  esac
}
compdef _runbook runbook
`;
}

function writeFish(commands: Command[]): string {
  const lines = commands.flatMap(({ name, says, flags, words }) => [
    `complete -c runbook -f -n __fish_use_subcommand -a ${name} -d ${quoteWord(says)}`,
    ...(words.length > 0
      ? [`complete -c runbook -f -n '__fish_seen_subcommand_from ${name}' -a ${quoteWord(words.join(" "))}`]
      : []),
    ...flags.map((flag) => {
      const words =
        flag.choices.length > 0 ? ` -x -a ${quoteWord(flag.choices.join(" "))}` : flag.takesWord ? " -r" : "";
      return (
        `complete -c runbook -n '__fish_seen_subcommand_from ${name}' -l ${flag.name}${words} -d ` +
        `${quoteWord(flag.says)}`
      );
    }),
  ]);
  return `# completion of runbook for fish\n${lines.join("\n")}\n`;
}

function formatFlag({ name }: Flag): string {
  return `--${name}`;
}

/** A word in single quotes, as these three shells read it. */
function quoteWord(text: string): string {
  return `'${text.replaceAll("'", "’")}'`;
}
