import type { Adoption } from "./step";

/** The text of a migration that makes on every database what somebody made by hand on one. */
export function writeAdoption(name: string, upgrade: string[], downgrade: string[], heads: string[]): Adoption {
  const id = `adopt_${name.replace(/\W/g, "_")}`.slice(0, 32);
  const parent =
    heads.length === 1 ? JSON.stringify(heads[0]) : `(${heads.map((head) => JSON.stringify(head)).join(", ")})`;
  const execute = (statements: string[]) =>
    statements.length
      ? statements.map((sql) => `    op.execute(${quotePython(sql.replace(/^-- (?!Perhaps)/gm, ""))})`).join("\n")
      : "    pass";
  const text = `"""Adopt ${name}, which was made by hand

Revision ID: ${id}
Revises: ${heads.join(", ")}

Review it. Where it is there already, stamp it; everywhere else, upgrade.
"""
from alembic import op

revision = ${JSON.stringify(id)}
down_revision = ${heads.length ? parent : "None"}
branch_labels = None
depends_on = None


def upgrade() -> None:
${execute(upgrade)}


def downgrade() -> None:
${execute(downgrade)}
`;
  return { id, name, choice: `choice/${name}`, file: `${id}.py`, text, upgrade, downgrade };
}

/** SQLAlchemy takes a colon before a word for a parameter, so those are escaped. */
function quotePython(sql: string): string {
  const escaped = sql
    .replace(/\\/g, "\\\\")
    .replace(/"""/g, '\\"\\"\\"')
    .replace(/(?<!:):(?=\w)/g, "\\\\:");
  return `"""${escaped.endsWith('"') ? `${escaped} ` : escaped}"""`;
}
