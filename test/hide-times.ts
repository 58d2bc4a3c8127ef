/** A document without what tells one run from another that found the same: times of the day, and how long things took. */
export function hideTimes(document: string): string {
  return document
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?Z?/g, "(time)")
    .replace(/\b[\d.,]+ (ms|s)\b/g, "(duration)")
    .replace(/\d+\.\d(?= \|$|<\/td>$)/gm, "(seconds of a notebook)");
}
