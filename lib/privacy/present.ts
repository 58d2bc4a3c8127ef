import type { Alarm } from "../ledger";
import type { Settings } from "../settings";
import { redactCells } from "./redaction";
import type { Answer } from "../answer";
import { removeAdded, hideSmall } from "./small-counts";

/**
 * What of an answer may be seen: where the setting hides small groups, without them, and never with what has the
 * shape of a person's data or of a key. Whoever shows an answer takes it from here; the comparison of rows, which
 * counts in order to compare, does not.
 */
export function presentAnswer(
  answer: Answer,
  { smallGroups }: Pick<Settings, "smallGroups">,
  onAlarm: (alarm: Alarm) => void,
): { answer: Answer; hidden: number } {
  const { cells, hidden } = smallGroups === "hide" ? hideSmall(answer) : { cells: answer.cells, hidden: 0 };
  const asked = removeAdded({ ...answer, cells });
  const sieved = redactCells(asked.columns, asked.cells);
  const { kinds, few, doubtful } = sieved;
  if (kinds.length + few.length + doubtful.length)
    onAlarm({
      ...(kinds.length && { withheld: kinds }),
      ...(few.length && { few }),
      ...(doubtful.length && { doubtful }),
    });
  return { answer: { ...asked, cells: sieved.cells }, hidden };
}
