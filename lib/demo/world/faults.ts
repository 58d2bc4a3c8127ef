import { wrongNpi } from "./people";
import { plantedRows } from "./planted";
import type { Row, Rows } from "./rows";

/** Spoils production's rows as the list of what is planted says, no row twice. */
export function spoilProduction(rows: Rows): void {
  const providers = spoiler(rows.providers);
  providers("orphan/providers.organization_id", () => ({ organization_id: null }));
  providers("quality/providers.npi-check-digit", (row) => ({ npi: wrongNpi(row.npi as string) }));
  for (const column of ["npi", "email", "specialty", "practice_state"])
    providers(`quality/providers.${column}-null`, () => ({ [column]: null }));

  const licenses = spoiler(rows.licenses);
  const active = (row: Row) => row.status === "active";
  licenses(
    "quality/licenses.active-though-expired",
    () => ({ status: "active" }),
    (row) => row.status === "expired",
  );
  licenses(
    "quality/licenses.expiration_date-before-issue_date",
    (row) => ({ status: "expired", expiration_date: dayBefore(row.issue_date as string) }),
    active,
  );
  licenses("quality/licenses.expiration_date-far-future", () => ({ expiration_date: "2204-05-31" }), active);
  licenses("quality/licenses.state-unknown", () => ({ state: "ZZ" }));
  licenses("quality/licenses.natural-key-duplicated", (_, sound) => {
    const { provider_id, state, license_type, license_number } = sound();
    return { provider_id, state, license_type, license_number };
  });
  for (const column of ["license_number", "expiration_date", "license_type"])
    licenses(`quality/licenses.${column}-null`, () => ({ [column]: null }), active);

  spoiler(rows.cme_activities.slice(700))("quality/cme_activities.credits_earned-negative", (row) => ({
    credits_earned: -(row.credits_earned as number),
  }));
  spoiler(rows.audit_logs)("orphan/audit_logs.user_id", (row) => ({ user_id: 90000 + (row.id as number) }));
}

/** Makes local's requirements differ from production's: the last four, Wyoming's, are not there, and three have other credits. */
export function spoilLocal(rows: Rows): void {
  for (const index of [12, 57, 130]) rows.cme_requirements[index].required_credits = 36;
}

/** `sound` gives a row that nothing else will spoil. */
type Spoil = (id: string, change: (row: Row, sound: () => Row) => Row, which?: (row: Row) => boolean) => void;

/** Walks through a table's rows in strides, so that faults are spread and never meet; deleted rows stay as they are. */
function spoiler(rows: Row[]): Spoil {
  const stride = 97;
  const waiting = rows.map((_, index) => rows[((index + 1) * stride) % rows.length]).filter((row) => !row.is_deleted);
  return (id, change, which = () => true) => {
    for (let left = plantedRows(id); left > 0; left--) {
      const place = waiting.findIndex(which);
      if (place < 0) throw new Error(`no row is left to plant ${id} in`);
      const [row] = waiting.splice(place, 1);
      Object.assign(
        row,
        change(row, () => waiting.pop() as Row),
      );
    }
  };
}

const dayBefore = (date: string): string => new Date(Date.parse(date) - 86400000).toISOString().slice(0, 10);
