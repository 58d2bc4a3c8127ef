-- Sets every sequence to its column's maximum: the rows came with their ids.

DO $$
DECLARE
  owned record;
BEGIN
  FOR owned IN
    SELECT s.oid::regclass AS sequence, t.oid::regclass AS "table", a.attname AS "column"
    FROM pg_depend d
    JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
    JOIN pg_class t ON t.oid = d.refobjid AND t.relkind = 'r'
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
    WHERE d.deptype IN ('a', 'i')
  LOOP
    EXECUTE format('SELECT setval(%L, max(%I)) FROM %s HAVING max(%I) IS NOT NULL', owned.sequence, owned."column", owned."table", owned."column");
  END LOOP;
END
$$;
