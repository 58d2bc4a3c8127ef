import { Refusal } from "../ast";

/** What a value gives away: nothing; a personal value as it is stored; or something made of one. */
export type Taint = "clean" | "raw" | "made";

/** What is known of the value of an expression. */
export interface Value {
  taint: Taint;
  /** The personal column it comes from. */
  of: string;
  /** It is a count, or made of one. */
  counted: boolean;
  /** What to write instead of showing it, where that is known better than in general. */
  advice?: string;
  /** It is a column of a table that nobody has listed: nobody knows what stands in it. */
  unlisted?: boolean;
  /** It is made of personal values, and is NULL where they are: a test of NULL tells no more than of the column. */
  strict?: boolean;
  /** The rows that it names, by an id or the like: which entry of FROM they are of. */
  rows?: readonly string[];
  /**
   * It is a keyed_hash as a source computes it. It may be shown, since what is shown is hashed again; of what is made
   * of it, that would not be so.
   */
  hashed?: boolean;
}

/** Whether a value may stand in the answer as it is. */
export function isShowable({ taint, hashed }: Value): boolean {
  return taint === "clean" || hashed === true;
}

/** What is thought of a name in a table whose columns nobody has listed. */
export interface Guess extends Value {
  /** How far it is from certain that the name means this table's column. */
  doubt: 0 | 1 | 2 | 3;
}

/** What a name means that may belong to any of several such tables. */
export function pickLikeliest(guesses: Guess[]): Guess {
  return guesses.reduce((best, guess) => (guess.doubt < best.doubt ? guess : best));
}

export const clean: Value = { taint: "clean", of: "", counted: false };

/** A refusal for the sake of the people in the tables, not of the tables. */
export class PersonalRefusal extends Refusal {}

export function keepPersonal(of: string, sentence: (column: string) => string, advice?: string): never {
  throw new PersonalRefusal(advice ?? sentence(of || "A column"));
}

/** A value that is one of several: personal as stored only where all are. */
export function uniteValues(values: Value[]): Value {
  return {
    ...combineValues(values),
    taint: values.every(({ taint }) => taint === "clean")
      ? "clean"
      : values.every(({ taint }) => taint === "raw")
        ? "raw"
        : "made",
    ...(values.length > 0 && values.every(({ hashed }) => hashed) && { hashed: true }),
    ...(values.some(({ unlisted }) => unlisted) && { unlisted: true }),
  };
}

/** A value that is made of several. */
export function combineValues(values: Value[]): Value {
  const personal = values.find(({ taint }) => taint !== "clean");
  const rows = [...new Set(values.flatMap((value) => value.rows ?? []))];
  return {
    ...(rows.length > 0 && { rows }),
    taint: personal === undefined ? "clean" : "made",
    of: personal?.of ?? "",
    counted: values.some(({ counted }) => counted),
  };
}

/**
 * Refuses a personal value; `where` says what would be done with it, as in "users.email is personal and cannot be …".
 */
export function requireClean(value: Value, where: string): Value {
  if (value.taint !== "clean") keepPersonal(value.of, (column) => `${column} is personal: it cannot be ${where}.`);
  return value;
}
