import { beforeAll, expect, test } from "vitest";
import { loadGuard, maskLiterals, redact, scan } from "../lib/guard/judge";

beforeAll(loadGuard);

/** Made up, all of them: the numbers have valid check digits. */
const shapes: Record<string, string[]> = {
  "e-mail address": ["jane.doe+x@mail.example.co.uk", "<JANE@EXAMPLE.COM>"],
  "social security number": ["123-45-6789", "ssn:219-09-9999."],
  "phone number": ["(415) 555-2671", "415-555-2671", "+1 415 555 2671", "+4930123456789"],
  "card number": ["4111 1111 1111 1111", "4111111111111111", "5500-0000-0000-0004", "371449635398431"],
  "NPI number": ["1234567893", "npi=1993999998"],
  "DEA number": ["AB1234563", "F91234563"],
  token: ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc-_def", "ghp_abcdefghijklmnopqrstuvwxyz0123456789"],
  "access key": ["AKIAIOSFODNN7EXAMPLE"],
  "password hash": [
    "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
    "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
  ],
  "private key": ["-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----"],
  "connection string with a password": ["postgresql://credmate_user:credmate_local_pass@localhost:5432/credmate_local"],
  "password or token": ["password=hunter2", '"api_key": "abcdef"', "PGPASSWORD=x1"],
};

test("each shape is noticed, and gone when it is masked", () => {
  for (const [name, texts] of Object.entries(shapes))
    for (const text of texts) {
      expect(scan(`before ${text} after`), text).toContain(name);
      const masked = redact(`before ${text} after`);
      expect(scan(masked), masked).toEqual([]);
      expect(masked).toMatch(/^before .* after$/s);
    }
});

test("what looks a little like one is left alone", () => {
  const harmless = [
    "2025-01-31 12:00:00+00",
    "18,044 rows",
    "1234567890",
    "000-12-3456",
    "10.0.0.8",
    "count(*) @> x",
    "a@b",
    "4111111111111112",
    "v15.18.0-beta.17",
    "0.1234567893",
    "7702d353e5b8",
    "20260115_0200",
    "XY1234567",
    "postgres://user@host:5432/db",
    "123e4567-e89b-12d3-a456-426614174000",
    "415-555-26710",
    "9007199254740993",
    "the password of the role",
  ];
  for (const text of harmless) {
    expect(scan(text), text).toEqual([]);
    expect(redact(text)).toBe(text);
  }
});

test("an address keeps everything but its password", () => {
  expect(redact("postgresql://me:secret@host:5432/db?x=1 and postgres://you:other@host/db")).toBe(
    "postgresql://me:•••@host:5432/db?x=1 and postgres://you:•••@host/db",
  );
});

test("a long text is scanned in time", () => {
  for (const text of [
    "1".repeat(2e6),
    "a".repeat(2e6),
    "a.".repeat(1e6),
    "-".repeat(2e6),
    "eyJ".repeat(5e5),
    "x:y@".repeat(3e5),
  ]) {
    const start = performance.now();
    redact(text);
    scan(text);
    expect(performance.now() - start, text.slice(0, 10)).toBeLessThan(3000);
  }
});

test("a log keeps a statement's form and none of its literals", () => {
  expect(maskLiterals("select 'x' /* jane@example.com */, 1 from t where a = 'secret' limit 5 -- and more")).toBe(
    "SELECT $1, $2 FROM t WHERE a = $3 LIMIT $4",
  );
  expect(maskLiterals("selekt 'secret'")).toBe("(a statement that could not be read)");
  expect(maskLiterals("select 1\0")).not.toContain("\0");
});
