/** A share, and the interval in which it lies with 95 % confidence. */
export interface Share {
  rows: number;
  differing: number;
  share: number;
  from: number;
  to: number;
}

const z = 1.959963984540054;

/**
 * Wilson's score interval for a share (E. B. Wilson 1927; recommended for small counts, zero among them, by Brown,
 * Cai and DasGupta, "Interval Estimation for a Binomial Proportion", Statistical Science 2001). Of no rows nothing is
 * known: 0 to 1.
 */
export function estimateShare(differing: number, rows: number): Share {
  if (rows === 0) return { rows, differing, share: 0, from: 0, to: 1 };
  const share = differing / rows;
  const middle = (share + (z * z) / (2 * rows)) / (1 + (z * z) / rows);
  const half = (z / (1 + (z * z) / rows)) * Math.sqrt((share * (1 - share)) / rows + (z * z) / (4 * rows * rows));
  return {
    rows,
    differing,
    share,
    from: differing === 0 ? 0 : middle - half,
    to: differing === rows ? 1 : middle + half,
  };
}
