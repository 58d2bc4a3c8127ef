import { dice } from "../schema/changes";

interface Table {
  columns: string[];
  indexes: string[];
  constraints: string[];
}

/** The bodies of a random history: each revision does one to four things to what the earlier ones left. */
export function inventHistory(seed: number, length: number): string[] {
  const random = dice(seed);
  const pick = <T>(list: T[]): T | undefined => list[Math.floor(random() * list.length)];
  const tables = new Map<string, Table>();
  const views: string[] = [];
  const enums: string[] = [];
  let count = 0;
  const fresh = (word: string) => `${word}${(count += 1)}`;
  const types = [
    "sa.Integer()",
    "sa.String(length=40)",
    "sa.Text()",
    "sa.Numeric(precision=8, scale=2)",
    "sa.DateTime(timezone=True)",
    "sa.Boolean()",
    "postgresql.JSONB()",
    "sa.BigInteger",
  ];
  const type = () => pick(types)!;
  const table = () => pick([...tables.keys()]);
  const free = (name: string) => tables.get(name)!.columns.filter((column) => column !== "id");

  const actions: (() => string | undefined)[] = [
    () => {
      const name = fresh("t");
      const columns = Array.from({ length: 2 + Math.floor(random() * 3) }, () => fresh("c"));
      const parent = table();
      const lines = columns.map((column) => {
        const extra = pick([
          "",
          ", unique=True",
          ", index=True",
          ", nullable=False",
          `, comment="about ${column}"`,
          `, server_default=sa.text("'1'")`,
        ]);
        return `sa.Column("${column}", ${extra?.includes("default") || extra?.includes("unique") ? "sa.String(40)" : extra?.includes("index") ? "sa.Integer" : type()}${extra}),`;
      });
      if (parent && random() < 0.5)
        lines.push(`sa.Column("parent", sa.Integer, sa.ForeignKey("${parent}.id", ondelete="CASCADE")),`);
      if (random() < 0.3) lines.push(`sa.CheckConstraint("id > 0", name="positive"),`);
      if (random() < 0.3) lines.push(`sa.UniqueConstraint("id", "${columns[0]}"),`);
      // json has no equality
      const body = lines
        .join("\n    ")
        .replace(
          /postgresql\.JSONB\(\)/g,
          random() < 0.5 && lines.at(-1)!.includes("Unique") ? "sa.Text()" : "postgresql.JSONB()",
        );
      tables.set(name, { columns: ["id", ...columns], indexes: [], constraints: [] });
      const key =
        random() < 0.5
          ? `sa.Column("id", sa.Integer, primary_key=True),`
          : `sa.Column("id", sa.Integer, nullable=False),\n    sa.PrimaryKeyConstraint("id", name="${name}_pkey"),`;
      return `op.create_table(\n    "${name}",\n    ${key}\n    ${body}\n)`;
    },
    () => {
      const name = table();
      if (!name) return undefined;
      const column = fresh("c");
      tables.get(name)!.columns.push(column);
      return `op.add_column("${name}", sa.Column("${column}", ${type()}, nullable=True))`;
    },
    () => {
      const name = table();
      const column = name && pick(free(name));
      if (!column) return undefined;
      tables.get(name)!.columns = tables.get(name)!.columns.filter((one) => one !== column);
      return `op.execute("DROP VIEW IF EXISTS ${views.join(", ") || "nothing"} CASCADE")\nop.drop_column("${name}", "${column}")`;
    },
    () => {
      const name = table();
      const column = name && pick(free(name));
      if (!column) return undefined;
      const next = fresh("c");
      const { columns } = tables.get(name)!;
      columns[columns.indexOf(column)] = next;
      return pick([
        `op.alter_column("${name}", "${column}", new_column_name="${next}")`,
        `op.execute("ALTER TABLE ${name} RENAME COLUMN ${column} TO ${next}")`,
      ]);
    },
    () => {
      const name = table();
      const column = name && pick(free(name));
      if (!column) return undefined;
      return pick([
        `op.alter_column("${name}", "${column}", nullable=True, existing_type=sa.Text())`,
        `op.alter_column("${name}", "${column}", type_=sa.Text(), postgresql_using="${column}::text", server_default=None)`,
        `op.alter_column("${name}", "${column}", comment="said ${fresh("s")}", existing_type=sa.Text())`,
        `op.execute("COMMENT ON COLUMN ${name}.${column} IS 'executed ${fresh("s")}'")`,
      ])!.replace(
        /^op\.alter_column\((.*)type_=sa\.Text.*$/,
        `op.execute("DROP VIEW IF EXISTS ${views.join(", ") || "nothing"} CASCADE")\nop.execute("ALTER TABLE ${name} ALTER ${column} DROP DEFAULT")\nop.alter_column("${name}", "${column}", type_=sa.Text(), postgresql_using="${column}::text")`,
      );
    },
    () => {
      const name = table();
      const column = name && pick(tables.get(name)!.columns);
      if (!column) return undefined;
      const index = fresh("ix");
      tables.get(name)!.indexes.push(index);
      return pick([
        `op.create_index("${index}", "${name}", ["${column}"])`,
        `op.execute("CREATE INDEX ${index} ON ${name} USING hash (${column})".format())`,
        `with op.batch_alter_table("${name}") as batch:\n    batch.create_index(batch.f("${index}"), ["${column}"])`,
      ]);
    },
    () => {
      const name = table();
      const index = name && tables.get(name)!.indexes.pop();
      return (
        index &&
        pick([
          `op.drop_index("${index}", table_name="${name}", if_exists=True)`,
          `op.execute("DROP INDEX IF EXISTS ${index}")`,
        ])
      );
    },
    () => {
      const name = table();
      if (!name) return undefined;
      const constraint = fresh("ck");
      tables.get(name)!.constraints.push(constraint);
      return pick([
        `op.create_check_constraint(op.f("${constraint}"), "${name}", "id > -5")`,
        `op.execute(f"ALTER TABLE {'${name}'} ADD CONSTRAINT ${constraint} CHECK (id > -6)")`,
      ]);
    },
    () => {
      const name = table();
      const constraint = name && tables.get(name)!.constraints.pop();
      return constraint && `op.drop_constraint(op.f("${constraint}"), "${name}", type_="check")`;
    },
    () => {
      const name = table();
      if (!name || random() < 0.5) return undefined;
      const next = fresh("t");
      tables.set(next, tables.get(name)!);
      tables.delete(name);
      return pick([`op.rename_table("${name}", "${next}")`, `op.execute("ALTER TABLE ${name} RENAME TO ${next}")`]);
    },
    () => {
      const name = table();
      if (!name || random() < 0.7) return undefined;
      tables.delete(name);
      return `op.execute("DROP TABLE ${name} CASCADE")`;
    },
    () => {
      const name = table();
      if (!name) return undefined;
      const view = fresh("v");
      views.push(view);
      return `op.execute("""\nCREATE VIEW ${view} AS SELECT id FROM ${name}\n""")`;
    },
    () => {
      const name = fresh("mood");
      enums.push(name);
      return `postgresql.ENUM("calm", "sad", name="${name}").create(op.get_bind())`;
    },
    () => {
      const name = pick(enums);
      return name && `op.execute("ALTER TYPE ${name} ADD VALUE IF NOT EXISTS '${fresh("w")}'")`;
    },
    () =>
      `op.execute("CREATE OR REPLACE FUNCTION ${pick(["f", "g"])}() RETURNS int LANGUAGE sql AS 'SELECT ${fresh("").length}'")`,
  ];

  return Array.from({ length }, () => {
    const wanted = 1 + Math.floor(random() * 4);
    const lines = Array.from({ length: wanted }, () => pick(actions)!()).filter((line) => line !== undefined);
    return lines.length ? lines.join("\n") : "pass";
  });
}
