import { expect, test } from "vitest";
import { jsonRows } from "../lib/show/print";
import { keepSecret, redactJson, sieveCells, sift, toJson } from "../lib/privacy/redaction";

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

/** What is withheld, each in a text of its own: shapes, secrets by name, values in errors, and what would break JSON if it were cut as text. */
const withheld = [
  "jane@example.com",
  "123-45-6789",
  "(415) 555-2671",
  "4111 1111 1111 1111",
  "1234567893",
  "AB1234563",
  "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
  "-----BEGIN PRIVATE KEY-----\nabc",
  "say \"detail: 'x'\" and \\ at the end \\",
  "postgres://me:hunter2@h/db",
  'value "Doe" is out of range',
  "Key (name)=(Doe, Jo) already exists",
  'password="hunter2"',
];

test("JSON is JSON whatever is withheld of it: keys, values, numbers, in any depth", () => {
  for (const one of withheld) {
    const value = { [one]: [one, { a: one, n: [7, 1.5, null, true] }], password: "hunter2", b: `${one}"}` };
    const written = JSON.parse(toJson(value)) as Record<string, unknown>;
    expect(Object.keys(written), one).toHaveLength(3);
    expect(written.password).toBe("•••");
    expect(JSON.stringify(written)).not.toMatch(/jane@|45-6789|2671|1111 1111|4563|ghp_|BEGIN|hunter2|Doe/);
  }
  expect(redactJson('{"exp" : 1234567893, "n": 12345678901234567890.10, "s": "a\\u0041"}', true).value).toBe(
    '{"exp" : "•••", "n": 12345678901234567890.10, "s": "a\\u0041"}',
  );
  expect(JSON.parse(toJson({ "a@example.com": 1, "b@example.com": 2 }))).toEqual({ "•••": 1, "••• (2)": 2 });
});

test("jsonb and lists of an answer stay what they are where something in them is withheld", () => {
  const columns = [
    { name: "j", type: "jsonb" },
    { name: "l", type: "_text" },
    { name: "k", type: "_jsonb" },
  ];
  for (const one of withheld) {
    const json = JSON.stringify({ exp: 1234567893, [one]: [one], plain: 1.1 });
    const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;
    const { cells } = sieveCells(columns, [[json, `{${quoted(one)},NULL,"a,b"}`, `{${quoted(json)}}`]]);
    const [[whole, list, [inside]]] = JSON.parse(jsonRows(columns, cells)) as [
      [Record<string, unknown>, string[], [object]],
    ];
    expect(whole).toMatchObject({ exp: "•••", plain: 1.1 });
    expect(list.slice(1)).toEqual([null, "a,b"]);
    expect(inside).toEqual(whole);
  }
});
