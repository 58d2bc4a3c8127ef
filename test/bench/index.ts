/** `npm run bench [name…]`: the benchmarks of this folder, one after the other; each compares ways of doing the same work, and prints ratios of one run. */
import { readdirSync } from "node:fs";
import { basename } from "node:path";

const all = readdirSync(__dirname)
  .filter((file) => file.endsWith(".bench.ts"))
  .map((file) => basename(file, ".bench.ts"));

async function main(names: string[]): Promise<void> {
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length) throw new Error(`There is no benchmark ${unknown.join(", ")}: name one of ${all.join(", ")}.`);
  for (const name of names.length ? names : all) await require(`./${name}.bench.ts`).bench();
}

main(process.argv.slice(2)).catch((problem: Error) => {
  console.error(problem.message);
  process.exitCode = 1;
});
