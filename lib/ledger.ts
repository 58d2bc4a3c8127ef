import { appendFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { saveFile } from "./file";
import { escapeControls } from "./text";

export type Side = "production" | "local";

export const sides: readonly Side[] = ["production", "local"];
export type Severity = "critical" | "high" | "medium" | "info";
/** Severities, the gravest first. */
export const severities: readonly Severity[] = ["critical", "high", "medium", "info"];

/** A severity is told by a word, a shape and a colour, so that each alone is enough. */
export const shapes: Record<Severity, string> = { critical: "●", high: "▲", medium: "◆", info: "○" };

/** Whether a severity is at or above another. */
export function isAtLeast(severity: Severity, bar: Severity): boolean {
  return severities.indexOf(severity) <= severities.indexOf(bar);
}

/** For sorting: the gravest first. */
export function compareSeverity(one: { severity: Severity }, other: { severity: Severity }): number {
  return severities.indexOf(one.severity) - severities.indexOf(other.severity);
}

/** A time as documents and folders tell it: to the second, in UTC. `2026-02-02T20:30:00Z` */
export function toTheSecond(time: Date | string): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
}

export type CheckStatus = "same" | "drift" | "incomplete";

/**
 * What a document calls the outcome of a check. `same`: the sides were compared and are alike; `expected difference`:
 * they differ, and nothing is wrong; `told only`: what each side holds is told, and nothing was judged.
 */
export type CheckLabel = CheckStatus | "expected difference" | "told only";

/**
 * What a results document says of a source. `revision` is what its `alembic_version` holds, sorted; absent where
 * nobody asked.
 */
export interface SourceIdentity {
  address: string;
  database: string;
  version: string;
  revision?: string[];
}

/** A drift someone judged. `id` is made of what it is about (`column/licenses.portal_username`), never of a counter. */
export interface Finding {
  id: string;
  severity: Severity;
  /** What the rules say, where a notebook set another severity: see `setSeverity`. */
  severityByRules?: Severity;
  title: string;
  object?: Record<string, unknown>;
  production?: unknown;
  local?: unknown;
  explanation?: Record<string, unknown>;
  recommendation?: { text: string; sql?: string };
}

/**
 * Whether a finding is a fault that both sides have alike. It is told, for it is one; but it is no difference between
 * the two, so that a database compared with its copy has no drift.
 */
export function isShared({ production, local }: Finding): boolean {
  return production !== undefined && local !== undefined && JSON.stringify(production) === JSON.stringify(local);
}

/** That a notebook set the severity, and what it would be by the rules; undefined where the rules decided. */
export function describeOverride({ severity, severityByRules }: Finding): string | undefined {
  return severityByRules && `Severity set in the notebook: ${severity}, by the rules ${severityByRules}.`;
}

/** One query to one source, as the log keeps it. `sql` has its literals masked. */
export interface QueryRecord {
  time: string;
  source: Side;
  sha256: string;
  sql: string;
  rows: number;
  bytes: number;
  milliseconds: number;
  requestId?: string;
  /**
   * How often the source was called for it, and what came: bytes on the wire, and milliseconds that the function
   * worked.
   */
  invocations?: number;
  received?: number;
  inFunction?: number;
  /** Asked in one call with others, before its own cell asked for it; that cell's record is `cached`. */
  ahead?: boolean;
  /** When it was answered, where the answer was here already and nobody was asked (ISO 8601). */
  cached?: string;
  /** Why the source gave no answer, where it gave none. */
  failed?: string;
}

export interface Check {
  id: string;
  status: CheckStatus;
  label?: CheckLabel;
  why: string;
  queries: number;
  milliseconds: number;
}

/** What a side shows of one revision, in numbers: see lib/alembic/revision-state.ts. */
export interface RevisionSummary {
  revision: string;
  sides: Partial<Record<Side, { recorded: boolean | null; state: string; there: number; total: number }>>;
}

/** What a notebook says to the ledger. The last word about a check or a finding counts. */
export type LedgerEvent =
  | { kind: "opened"; production?: SourceIdentity; local?: SourceIdentity }
  | ({ kind: "query" } & QueryRecord)
  | ({ kind: "check"; findings: Finding[] } & Check)
  | { kind: "revisions"; revisions: RevisionSummary[] }
  | { kind: "frame"; file: string; caption: string; rows: number }
  | ({ kind: "alarm" } & Alarm);

/**
 * What stood behind a guard and should have had nothing to do: the sieve withheld something (`withheld`), or the
 * database refused what the guard took for harmless (`refused`).
 */
export interface Alarm {
  withheld?: string[];
  /** Shapes that were withheld of single values, in columns whose other values do not have them. */
  few?: string[];
  /** Shapes that single numbers may have by chance: withheld, and no finding. */
  doubtful?: string[];
  refused?: string;
}

/**
 * Appends to the notebook's ledger: one JSON object a line, so that a run that is cut off has kept all that it
 * learnt.
 */
export function record(folder: string, notebook: string, event: LedgerEvent): void {
  const file = getLedgerFile(folder, notebook);
  saveFile(file, () => appendFileSync(file, escapeControls(JSON.stringify(event)) + "\n"));
}

/** Begins a notebook's ledger anew: what it said when it was last opened counts no more. */
export function resetLedger(folder: string, notebook: string): void {
  rmSync(getLedgerFile(folder, notebook), { force: true });
}

/** Where a notebook's ledger lies in a results folder. */
export function getLedgerFile(folder: string, notebook: string): string {
  return join(folder, "ledger", `${notebook}.jsonl`);
}
