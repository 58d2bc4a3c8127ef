/**
 * A column as the server describes it: `type` is PostgreSQL's name of it (`int8`, `numeric`, `_text` for a list of
 * text, an enum's own name).
 */
export interface Column {
  name: string;
  type: string;
}

/**
 * What a source answered: exact text, `null` for NULL. `total` counts the rows that the query has, `cells` those that
 * are here.
 */
export interface Answer {
  columns: Column[];
  cells: (string | null)[][];
  total: number;
  bytes: number;
  milliseconds: number;
  requestId?: string;
  /** When it was answered, where it was not asked for anew (ISO 8601). */
  cached?: string;
  /** What is not certain of it, as a sentence. */
  doubt?: string;
  /** Which columns are counts of rows, or made of counts; absent where no table of the database's own was read. */
  counted?: boolean[];
  /** Which of them are counts themselves, whatever their type; where it is absent, those of whole numbers. */
  counts?: boolean[];
  /**
   * How many columns stand behind those that were asked for: counts that small groups are told by, and that nobody is
   * shown.
   */
  added?: number;
}
