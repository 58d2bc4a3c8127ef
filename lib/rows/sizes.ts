/** How much is done at a time. */
export interface Sizes {
  /** Up to so many rows, by the statistics, a table is compared together with others. */
  smallRows: number;
  /** So many rows' hashes in an answer: 84 bytes each, in an answer of 4 MB. */
  leafRows: number;
  /** So many buckets in an answer, when buckets that differ are cut smaller. */
  leafBuckets: number;
  /**
   * Into so many buckets a table is cut at first. 16,384 groups fit into the memory that a server gives a statement
   * by default; four times as many spill to disk and take half as long again.
   */
  buckets: number;
  /** So many rows are read by the first statement of a large table; then as many as its time allows. */
  firstRows: number;
  /** A statement that ran out of time is asked again for less, down to so many rows. */
  fewestRows: number;
}

export const sizes: Sizes = {
  smallRows: 10_000,
  leafRows: 45_000,
  leafBuckets: 60_000,
  buckets: 16_384,
  firstRows: 1_000_000,
  fewestRows: 50_000,
};
