import type { DataFrame } from "nodejs-polars";
import { beside } from "../compare/compare";
import { is, records, type Row } from "../frame";
import { sides, type Finding, type Severity, type Side } from "../ledger";
import { count } from "../text";
import type { Rule } from "./impossible";

/**
 * A finding for each line with rows of a frame that `beside` made: `id`, what is wrong, and what to do are said by
 * `judge`; how many rows, on which side, is added.
 *
 * @example faultFindings(beside(broken, "rows", "table"), ({ table }) => ({ id: `quality/${table}`, severity: "medium", says: "is wrong", advice: "Mend it." }))
 */
export function faultFindings(
  counts: DataFrame,
  judge: (row: Row) => { id: string; severity: Severity; says: string; advice: string },
): Finding[] {
  return records(counts).flatMap((row) => {
    const found = sides.filter((side) => Number(row[side] ?? 0) > 0);
    if (!found.length) return [];
    const { id, severity, says, advice } = judge(row);
    const counted = found.map((side) => `${count(Number(row[side]), "row")} in ${side}`).join(", ");
    const rows = (side: Side) => (row[side] === null ? null : { rows: Number(row[side]) });
    return [
      {
        id,
        severity,
        title: `${says}: ${counted}`,
        production: rows("production"),
        local: rows("local"),
        recommendation: { text: advice },
      },
    ];
  });
}

/** What to do about a column without a value, where the plan asks for one. */
const completions: Record<string, string> = {
  npi: "Ask the organization for it: without an NPI no board and no payer can be asked about the provider.",
  email: "Ask the organization for it: reminders have nowhere to go.",
  specialty: "Complete it: rules of continuing education that depend on a specialty are not applied.",
  practice_state: "Complete it: the requirements of the state of practice are not applied.",
  license_number: "Take it from the document or the board's site: without it the licence cannot be verified.",
  expiration_date: "Take it from the document or the board's site: until then nobody is warned before it expires.",
  license_type: "Complete it: requirements are looked up by state and type.",
};

/**
 * A finding for each column that lacks values. `lacking` is what `besideColumns` made of counts, `needed` the
 * severity of each column.
 *
 * @example await conclude("completeness", missingFindings(lacking, "providers", { npi: "high", email: "medium" }));
 */
export function missingFindings(lacking: DataFrame, table: string, needed: Record<string, Severity>): Finding[] {
  const columns = Object.keys(needed);
  const rows = lacking.filter(is("lacking", "rows").not());
  return faultFindings(rows, ({ lacking: column }) => ({
    id: `quality/${table}.${column}-null`,
    severity: columns.includes(column) ? needed[column] : "info",
    says: `${table}.${column} is null`,
    advice: completions[column] ?? "Complete it, or say why it may be missing.",
  }));
}

/**
 * A finding for each column that breaks a rule. `broken` is what `implausible` counted, side by side.
 *
 * @example await conclude("impossible", implausibleFindings(broken, impossible));
 */
export function implausibleFindings(broken: DataFrame, rules: readonly Rule[]): Finding[] {
  return faultFindings(broken, ({ table, column, fault }) => {
    const { severity, says, advice } = rules.find((rule) => rule.fault === fault)!;
    return { id: `quality/${table}.${column}-${fault}`, severity, says: `${table}.${column} ${says}`, advice };
  });
}

/**
 * A finding for each column of NPIs of which some fail their check digit. `npis` is what `sql.npiCheckDigits` answered.
 *
 * @example await conclude("npi", checkDigitFindings(await both(sql.npiCheckDigits), "medium"));
 */
export function checkDigitFindings(npis: DataFrame, severity: Severity): Finding[] {
  return faultFindings(beside(npis, "wrong", "schema", "table", "column"), ({ table, column }) => ({
    id: `quality/${table}.${column}-check-digit`,
    severity,
    says: `${table}.${column} fails its check digit`,
    advice: "Look the provider up in the NPI registry: most often two digits were exchanged.",
  }));
}

/**
 * A finding for each natural key that rows repeat. `repeats` is what `repeated` counted, side by side.
 *
 * @example await conclude("duplicates", repeatedFindings(beside(await repeated(columns, keys), "rows", "table", "key"), "medium"));
 */
export function repeatedFindings(repeats: DataFrame, severity: Severity): Finding[] {
  return faultFindings(repeats, ({ table, key }) => ({
    id: `quality/${table}.natural-key-duplicated`,
    severity,
    says: `${table} repeats ${key}`,
    advice: "Merge the copies, then make the key unique: reminders go out twice, and sums count twice.",
  }));
}
