/** What redaction costs: processor time for a megabyte of each kind of text, the best of three. */
import { cut } from "../../lib/privacy/patterns";
import { megabytes } from "./megabytes";

export async function bench(): Promise<void> {
  const measured = Object.entries(megabytes()).map(([name, text]) => [name, best(text)] as const);
  const sorted = measured.sort(([, one], [, other]) => other - one);
  const line = ([name, milliseconds]: readonly [string, number]) =>
    `  ${JSON.stringify(name)}  ${milliseconds.toFixed(1)} ms`;
  console.log(`redaction of 1 MB, ${sorted.length} kinds of text; the slowest five, and the middle
${sorted.slice(0, 5).map(line).join("\n")}
${line(sorted[sorted.length >> 1])}`);
}

function best(text: string): number {
  return Math.min(
    ...[1, 2, 3].map(() => {
      const before = process.cpuUsage();
      cut(text);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    }),
  );
}
