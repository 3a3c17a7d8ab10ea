const END = '<!-- end of what was measured -->';

/**
 * The Markdown `text` with the part that `mpq <command>` writes replaced, or with one at its end where it
 * had none; what people wrote around it stays.
 */
export function replaceGenerated(text: string, command: string, part: string): string {
  const begin = `<!-- measured: what follows is written by \`mpq ${command}\` -->`;
  const generated = `${begin}\n\n${part.trim()}\n\n${END}`;
  const from = text.indexOf(begin);
  const to = text.indexOf(END, from);
  if (from < 0 || to < from) return `${text.trimEnd()}\n\n${generated}\n`;
  return text.slice(0, from) + generated + text.slice(to + END.length);
}
