-- Put on top of local's rows: licences were loaded with their ids, so the sequence stands behind them.

SELECT setval('licenses_id_seq', 200);
