import { expect, test } from "vitest";
import { describeState, chooseWord } from "../lib/run/document/revisions";

test("record and schema of a revision, in a word and in numbers", () => {
  const word = (recorded: boolean | null, state: string) => chooseWord({ recorded, state, there: 0, total: 3 });
  expect(word(true, "whole")).toBe("");
  expect(word(true, "nothing left")).toBe("");
  expect(word(true, "partial")).toBe("phantom");
  expect(word(true, "absent")).toBe("phantom");
  expect(word(false, "absent")).toBe("pending");
  expect(word(false, "partial")).toBe("unrecorded");
  expect(word(false, "whole")).toBe("unrecorded");
  expect(word(true, "unknown")).toBe("cannot be told");
  expect(word(null, "whole")).toBe("cannot be told");
  expect(describeState({ recorded: true, state: "partial", there: 3, total: 7 })).toBe("recorded, 3 of 7");
  expect(describeState({ recorded: false, state: "nothing left", there: 0, total: 0 })).toBe(
    "not recorded, no effect on the schema",
  );
});
