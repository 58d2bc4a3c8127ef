import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

/** Calls each function that a cell may import, as a cell gets them, with values of wrong kinds. */
const script = `
const library = require(${JSON.stringify(join(__dirname, "..", "lib", "register.js"))});
const given = [[], [undefined], [null], ["x"], [7], [{}], [[]], ["x", "y", "z"], [{}, {}, {}], [true, null]];
const own = (error) => error instanceof library.RunbookError || error instanceof library.QueryError;
const sentenceOf = async (call) => {
  try {
    await call();
  } catch (error) {
    return own(error) ? error.message : String(error);
  }
};
(async () => {
  const wrong = [];
  const called = Object.keys(library).filter((name) => typeof library[name] === "function" && !/Error$|^(open|close)$/.test(name));
  for (const name of called)
    for (const one of given) {
      const said = await sentenceOf(() => library[name](...one));
      if (said !== undefined && !/^[^\\n]+[.:!?]?$/.test(said) || /^(Type|Range)?Error/.test(said)) wrong.push(name + ": " + said);
    }
  const sentences = [
    await sentenceOf(() => library.compare(undefined, "id")),
    await sentenceOf(() => library.both("select 1")),
    await sentenceOf(() => library.bars(7)),
    await sentenceOf(() => [1].forEach((one) => library.groupRows([one], () => { throw new TypeError("of the cell's own"); }))),
  ];
  console.log("\\n" + JSON.stringify({ wrong, called: called.length, sentences, kept: [typeof library.sql.licenses, library.sql\`select 1\`.constructor.name] }));
})();`;

test("a function that a cell calls says in one sentence what it was given, and what it takes", async () => {
  const stdout = await new Promise<string>((resolve, reject) =>
    execFile(process.execPath, ["-e", script], { env: { PATH: process.env.PATH } }, (error, text) =>
      error ? reject(error) : resolve(text),
    ),
  );
  const { wrong, called, sentences, kept } = JSON.parse(stdout.trim().split("\n").at(-1)!);
  expect(wrong).toEqual([]);
  expect(called).toBeGreaterThan(80);
  expect(sentences).toEqual([
    expect.stringMatching(/^compare was given undefined, a text, and takes compare\(frame, \.\.\.key\): check/),
    expect.stringMatching(/^Write the question as a template/),
    expect.stringMatching(/^bars was given a number, and takes bars\(/),
    expect.stringContaining("of the cell's own"),
  ]);
  expect(kept).toEqual(["object", "Sql"]);
});
