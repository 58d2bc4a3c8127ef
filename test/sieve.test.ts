import { expect, test } from "vitest";
import { keepSecret, sieveCells, sift } from "../lib/privacy/redaction";

test("texts are sifted wherever they stand; numbers, dates and pictures are left alone", () => {
  const { value, kinds } = sift({
    a: ["jane@example.com", 1234567893],
    b: { "image/png": "AKIAIOSFODNN7EXAMPLE", "text/plain": "call (415) 555-2671" },
    when: new Date(0),
    none: null,
  });
  expect(value).toEqual({
    a: ["•••", 1234567893],
    b: { "image/png": "AKIAIOSFODNN7EXAMPLE", "text/plain": "call •••" },
    when: new Date(0),
    none: null,
  });
  expect(kinds.sort()).toEqual(["e-mail address", "phone number"]);
});

test("an address without a password is no e-mail address, and a number in print no NPI", () => {
  const text = "postgres://me@db.example.com:5432/credmate holds 1234567893 bytes";
  expect(sift(text)).toEqual({ value: text, kinds: [] });
});

test("a known secret is masked in whatever it stands, without alarm", () => {
  keepSecret("correct horse battery", "short");
  expect(sift("pw is correct horse battery, not short")).toEqual({ value: "pw is •••, not short", kinds: [] });
});

test("of an answer, texts alone are looked at, plain digits among them", () => {
  const columns = [{ type: "int8" }, { type: "text" }, { type: "text" }];
  const cells = [
    ["1234567893", "1234567893", "fine"],
    ["2", null, "fine"],
  ];
  expect(sieveCells(columns, cells)).toEqual({
    cells: [
      ["1234567893", "•••", "fine"],
      ["2", null, "fine"],
    ],
    kinds: ["NPI number"],
  });
});

test("what PostgreSQL repeats of a row in an error is masked", () => {
  for (const text of [
    "Failing row contains (1, Jo Doe, null).",
    "Key (last_name)=(Doe) already exists.",
    'invalid input syntax for type integer: "Doe"',
    'value "99123456789" is out of range for type integer',
    "{ detail: 'Failing row contains (1, Doe)', where: undefined }",
  ])
    expect(sift(text).value).not.toMatch(/Doe|99123456789/);
});
