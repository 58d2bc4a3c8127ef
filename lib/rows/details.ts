import { createHmac, randomBytes } from "node:crypto";
import type { Side } from "../ledger";
import type { Asker } from "./metered-source";
import { askBoth } from "./buckets";
import { fewKeys } from "./limits";
import { writeDetailsQuery, type Piece, type Scan } from "./statements";
import { keep, type Difference, type Key, type Outcome, type Status } from "./tally";

interface Waiting {
  pieces: Record<Side, Piece>;
  outcome: Outcome;
  status: Status;
  token: Token;
}

/** What a row is found by: 64 bits, and 64 more where it is a hash. */
export type Token = [first: string, second: string];

/**
 * Rows that differ, until their keys and columns have been asked for. It never holds more of them than one answer
 * does.
 */
export class Details {
  private waiting: Waiting[] = [];
  private bytes = 0;
  private readonly wanted = new Map<string, number>();

  constructor(
    private readonly askers: Record<Side, Asker>,
    private readonly options: { keys?: number; onDifference?: (difference: Difference) => void },
  ) {}

  /** Counts a row that differs, and asks for its key and columns later, where somebody wants to know them. */
  async add(pieces: Waiting["pieces"], outcome: Outcome, status: Status, token: Token): Promise<void> {
    outcome[status]++;
    if (status !== "changed" && !this.isWanted(outcome, status)) return;
    if (status !== "changed" && pieces.production.way === "integer")
      return this.tell(outcome, { table: outcome.table, status, key: [readNumber(token[0])], columns: [] });
    this.waiting.push({ pieces, outcome, status, token });
    this.bytes += 120 + 18 * pieces.production.columns.length + 40 * pieces.production.plan.key.length;
    if (this.bytes > 3_000_000 || this.waiting.length >= 15_000) await this.flush();
  }

  /** Asks each side for the rows that it has, of all tables at once. */
  async flush(): Promise<void> {
    const waiting = this.waiting.splice(0);
    this.bytes = 0;
    if (!waiting.length) return;
    const outcomes = [...new Set(waiting.map(({ outcome }) => outcome))];
    const found = await askBoth((side) => this.read(side, waiting, outcomes));
    for (const { pieces, outcome, status, token } of waiting) {
      const name = `${outcomes.indexOf(outcome)}/${token.join("/")}`;
      const [one, other] = [found.production.get(name), found.local.get(name)];
      const columns =
        status === "changed"
          ? pieces.production.columns
              .filter((_, index) => one?.hashes[index] !== other?.hashes[index])
              .map((column) => column.name)
          : [];
      // a row that somebody has made alike since: the hash of the whole row stands last
      if (status === "changed" && one && one.hashes.at(-1) === other?.hashes.at(-1)) outcome.changed--;
      else
        this.tell(outcome, {
          table: outcome.table,
          status,
          key: readKey(pieces.production, token, (one ?? other)?.key),
          columns,
        });
    }
  }

  private async read(
    side: Side,
    waiting: Waiting[],
    outcomes: Outcome[],
  ): Promise<Map<string, { key: string; hashes: string[] }>> {
    const elsewhere: Status = side === "production" ? "only in local" : "only in production";
    const reads = outcomes.flatMap((outcome, table) => {
      const here = waiting.filter((one) => one.outcome === outcome && one.status !== elsewhere);
      return here.length
        ? [{ table, piece: here[0].pieces[side], tokens: here.map(({ token }) => BigInt(token[0])) }]
        : [];
    });
    const found = new Map<string, { key: string; hashes: string[] }>();
    if (!reads.length) return found;
    for (const part of reads[0].piece.parts ?? [{} as Scan]) {
      const cells = await this.askers[side].ask(
        writeDetailsQuery(reads.map(({ piece, tokens }) => ({ piece, scan: { tokens, ...part } }))),
      );
      for (const [t, first, second, key, hashes] of cells as string[][])
        found.set(`${reads[Number(t)].table}/${first}/${second}`, { key, hashes: hashes.split(",") });
    }
    return found;
  }

  private isWanted(outcome: Outcome, status: Exclude<Status, "changed">): boolean {
    if (this.options.onDifference) return true;
    const name = `${outcome.table} ${status}`;
    const wanted = this.wanted.get(name) ?? outcome.keys[status].length;
    this.wanted.set(name, wanted + 1);
    return wanted < (this.options.keys ?? fewKeys);
  }

  private tell(outcome: Outcome, difference: Difference): void {
    keep(outcome, difference, this.options.keys ?? fewKeys);
    this.options.onDifference?.(difference);
  }
}

/** Made with the process, gone with it: what stands for a person in one run says nothing in another. */
const shownWith = randomBytes(16);

/**
 * A key as it may be shown. For its personal parts stands a hash of the whole: of a part alone one could tell by how
 * often it occurs what it is.
 */
function readKey({ plan, way }: Piece, token: Token, json = "[]"): Key {
  if (way === "integer") return [readNumber(token[0])];
  const hashed = (column: string) =>
    createHmac("sha256", shownWith)
      .update(JSON.stringify([plan.table, column, ...token]))
      .digest("hex")
      .slice(0, 16);
  const parts = JSON.parse(json) as (string | null)[];
  return plan.key.map((column, index) =>
    plan.personal.has(column)
      ? hashed(column)
      : plan.integer && parts[index]
        ? readNumber(parts[index]!)
        : (parts[index] ?? null),
  );
}

/** A number where JavaScript can hold it. */
function readNumber(text: string): number | string {
  return Number.isSafeInteger(Number(text)) ? Number(text) : text;
}
