import type { Side } from "../ledger";

/** One step of a plan, in the order in which it is to be done. */
export interface Step {
  /** Made of what it is about: `repair/20260115_0100`. */
  id: string;
  kind: "repair" | "stamp" | "upgrade" | "data" | "choice" | "refresh";
  revision?: string;
  title: string;
  why: string;
  /**
   * What is executed in the database, statement by statement; for an upgrade, what its revision does, as far as that
   * is known.
   */
  statements: string[];
  /** What is typed into a shell instead, where the step is one of Alembic's. */
  command?: string;
  /** Statements to read and to choose from, with a word before each; none of them is executed. */
  review?: string[];
  /** What it locks, and for how long to expect it. */
  locks: string;
  /** What could make it fail, with how many rows do so today. */
  couldFail: string;
  /** How many rows break its rule today: while they do, it fails. */
  foretold?: number;
  verify: string;
  undo: string;
  /** Nobody has to do it: it is written as a comment, and left out of a rehearsal unless it is chosen. */
  isOptional: boolean;
  /** What of its revision could not be read, so that only the real Alembic can execute it. */
  unread?: string;
  /** What has to be done by hand, because no statement for it is known. */
  byHand?: string[];
}

/** What is to be done on one side, and the state that it was made for. */
export interface Plan {
  side: Side;
  /** What `alembic_version` holds; undefined where there is none. */
  recorded: string[] | undefined;
  /** The table that records them, as it stands in a statement. */
  versionTable: string;
  /** A read that gives `fingerprint` while the tables and columns are those that the plan was made for. */
  fingerprintQuery: string;
  fingerprint: string;
  steps: Step[];
  /** What `alembic_version` holds when all is done. */
  ends: string[];
  /** What could not be planned, a sentence each. */
  problems: string[];
  /** That there is nothing to do, and why that can be believed; absent where there is something, or a problem. */
  done?: string;
  /** Migrations that would adopt what no revision explains. */
  migrations: Adoption[];
}

/** A migration that would adopt what was made by hand. */
export interface Adoption {
  id: string;
  /** The table, or what else it is about. */
  name: string;
  /** The choice that it is one way of. */
  choice: string;
  file: string;
  text: string;
  upgrade: string[];
  downgrade: string[];
}

/** Sizes of a side's tables, by `schema.table`. */
export type Sizes = Map<string, { rows: number; bytes?: number }>;
