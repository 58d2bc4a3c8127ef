-- Reads from every B-tree once, as a database in use would have: an index that is counted as never read was planted.

BEGIN;
SET LOCAL enable_seqscan = off;
SET LOCAL enable_sort = off;
SET LOCAL enable_bitmapscan = off;
-- or an index with more columns would be read in place of a narrower one, where VACUUM found the rows visible to all
SET LOCAL enable_indexonlyscan = off;
DO $$
DECLARE
  used record;
BEGIN
  FOR used IN
    SELECT i.indrelid::regclass AS "table", pg_get_expr(i.indpred, i.indrelid) AS predicate,
      (SELECT string_agg(pg_get_indexdef(i.indexrelid, n, true), ', ' ORDER BY n) FROM generate_series(1, i.indnkeyatts) n) AS columns
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_am m ON m.oid = c.relam
    WHERE c.relnamespace = 'public'::regnamespace AND m.amname = 'btree'
  LOOP
    EXECUTE format('SELECT 1 FROM %s WHERE %s ORDER BY %s LIMIT 1', used."table", coalesce(used.predicate, 'true'), used.columns);
  END LOOP;
END
$$;
COMMIT;
SELECT pg_stat_force_next_flush();
