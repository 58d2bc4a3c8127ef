const words = (...lists: string[]): Set<string> => new Set(lists.join(" ").trim().split(/\s+/));

/** Functions of pg_catalog that make one value of many rows, and that a read may call. */
export const aggregates: ReadonlySet<string> = words(
  `count sum avg min max bool_and bool_or every bit_and bit_or bit_xor string_agg array_agg json_agg jsonb_agg
   json_object_agg jsonb_object_agg any_value stddev stddev_pop stddev_samp variance var_pop var_samp corr covar_pop
   covar_samp regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy mode
   percentile_cont percentile_disc rank dense_rank percent_rank cume_dist range_agg range_intersect_agg`,
);

/** Functions of pg_catalog that a read may call. What does not stand here is refused, whatever its volatility says. */
export const functions = words(
  ...aggregates,
  // Windows.
  `row_number ntile lag lead first_value last_value nth_value`,
  // Numbers.
  `abs ceil ceiling floor round trunc mod div power sqrt cbrt exp ln log log10 sign pi degrees radians sin cos tan cot asin acos atan atan2 sinh cosh tanh
   random gcd lcm width_bucket scale min_scale trim_scale numeric int2 int4 int8 float4 float8 bool bit_count to_hex`,
  // Texts.
  `lower upper initcap length char_length character_length octet_length bit_length btrim ltrim rtrim lpad rpad left right substr substring overlay position
   strpos replace translate reverse split_part starts_with concat concat_ws format repeat ascii chr quote_ident quote_literal quote_nullable text varchar
   bpchar name regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table regexp_count regexp_instr regexp_like regexp_substr
   string_to_array string_to_table array_to_string like_escape similar_to_escape similar_escape normalize is_normalized unistr to_char to_number to_date
   to_timestamp to_ascii md5 sha224 sha256 sha384 sha512 encode decode convert_to convert_from hashtext hashtextextended parse_ident textlike textnlike
   casefold crc32`,
  // Dates and times.
  `now current_date transaction_timestamp statement_timestamp clock_timestamp timeofday age date date_part date_trunc date_bin extract isfinite justify_days
   justify_hours justify_interval make_date make_time make_timestamp make_timestamptz make_interval timezone date timestamp timestamptz time timetz interval
   overlaps date_add date_subtract`,
  // Arrays, ranges, json, text search, networks, uuids.
  `array_length array_upper array_lower array_ndims array_dims array_position array_positions array_append array_prepend array_cat array_remove array_replace
   cardinality unnest trim_array array_sort array_reverse generate_series generate_subscripts isempty lower_inc upper_inc lower_inf upper_inf range_merge
   multirange int4range int8range numrange daterange tsrange tstzrange
   to_json to_jsonb row_to_json array_to_json json_build_object json_build_array jsonb_build_object jsonb_build_array json_object jsonb_object
   json_array_length jsonb_array_length json_array_elements jsonb_array_elements json_array_elements_text jsonb_array_elements_text json_each jsonb_each
   json_each_text jsonb_each_text json_object_keys jsonb_object_keys json_typeof jsonb_typeof json_extract_path jsonb_extract_path json_extract_path_text
   jsonb_extract_path_text jsonb_strip_nulls json_strip_nulls jsonb_pretty jsonb_set jsonb_insert json_to_record json_to_recordset jsonb_to_record
   jsonb_to_recordset jsonb_path_exists jsonb_path_match jsonb_path_query jsonb_path_query_array jsonb_path_query_first
   to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery ts_rank ts_rank_cd numnode strip setweight tsvector_to_array
   host abbrev broadcast family masklen netmask network set_masklen hostmask inet_same_family inet_merge gen_random_uuid uuidv4 uuidv7 uuid_extract_timestamp
   uuid_extract_version num_nulls num_nonnulls pg_typeof enum_range enum_first enum_last`,
  // The server and its catalog.
  `version current_database current_catalog current_schema current_schemas current_setting current_role session_user current_user user pg_backend_pid pg_is_in_recovery
   pg_postmaster_start_time pg_conf_load_time pg_size_pretty pg_size_bytes pg_database_size pg_relation_size pg_table_size pg_indexes_size
   pg_total_relation_size pg_tablespace_size pg_column_size pg_encoding_to_char pg_client_encoding getdatabaseencoding format_type to_regclass to_regtype
   to_regnamespace to_regrole pg_get_userbyid pg_table_is_visible pg_type_is_visible pg_function_is_visible pg_get_serial_sequence
   inet_server_addr inet_server_port has_table_privilege has_schema_privilege has_database_privilege has_column_privilege has_any_column_privilege has_sequence_privilege has_function_privilege
   pg_current_wal_lsn pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp pg_wal_lsn_diff pg_has_role row_security_active pg_relation_is_updatable pg_char_to_encoding`,
);

/**
 * What a comparison of rows hashes with, under seeds that are made for it: of a personal value, the one thing that
 * the library's own statements may make.
 */
export const checksumFunctions = words(
  `hashint8extended hash_numeric_extended hashfloat8extended hashtextextended timestamp_hash_extended time_hash_extended timetz_hash_extended interval_hash_extended
   uuid_hash_extended jsonb_hash_extended hash_array_extended hash_range_extended`,
);

/** What the library's own catalogue queries may call besides: they print definitions, so a notebook may not. */
export const catalogueFunctions = words(
  `pg_get_indexdef pg_get_constraintdef pg_get_viewdef pg_get_expr pg_get_functiondef pg_get_triggerdef pg_get_ruledef pg_get_partkeydef
   pg_get_statisticsobjdef pg_get_statisticsobjdef_columns pg_get_statisticsobjdef_expressions pg_get_function_arguments
   pg_get_function_identity_arguments pg_get_function_result pg_get_function_sqlbody pg_get_function_arg_default pg_get_publication_tables
   obj_description col_description shobj_description query_to_xml query_to_xmlschema xpath hash_record_extended
   aclexplode acldefault pg_partition_ancestors pg_partition_root pg_partition_tree pg_sequence_last_value pg_options_to_table pg_identify_object
   pg_describe_object pg_collation_actual_version pg_opclass_is_visible pg_operator_is_visible pg_collation_is_visible oidvectortypes`,
);

/** What a refused function would do, and what to write instead. The first pattern that fits speaks. */
export const whyNotFunction: [RegExp, string][] = [
  [/^pg_sleep|^pg_advisory|^pg_try_advisory/, "it makes others wait: leave it out"],
  [
    /^(nextval|setval|lastval|currval|pg_sequence_last_value)$/,
    "it moves, locks or depends on a sequence: ask the sequence itself, as in select last_value from licenses_id_seq",
  ],
  [/^lo_|^lowrite$|^loread$/, "it opens large objects: leave it out"],
  [/^(set_config|setseed)$/, "it changes the session: leave it out"],
  [/^pg_notify$/, "it sends a message: leave it out"],
  [
    /^(pg_terminate_backend|pg_cancel_backend|pg_reload_conf|pg_rotate_logfile|pg_promote|pg_switch_wal)/,
    "it acts on the server: leave it out",
  ],
  [/^pg_(read|ls|stat_file|file|logfile|current_logfile|import|export)/, "it reaches the server's files: leave it out"],
  [/^(dblink|postgres_fdw)/, "it opens another connection: ask that database as a source of its own"],
  [
    /_to_xml|^xml|^xpath|^ts_stat$|^ts_rewrite$|^crosstab|^connectby|^cursor_to/,
    "it may run what is written in a text: write the query itself",
  ],
  [
    /^pg_get_|_description$/,
    "it prints definitions, which hold literals: use npx runbook drift, or of a view or function pg_get_viewdef('name'::regclass) or pg_get_functiondef('name(integer)'::regprocedure)",
  ],
  [/^(txid_current|pg_current_xact_id)/, "it uses up a transaction number: leave it out"],
];

/**
 * Functions that take a whole row: where a table's columns are not known, `providers.row_to_json` is such a call and
 * no column.
 */
export const rowFunctions = words(
  `row_to_json to_json to_jsonb quote_literal quote_nullable record_out record_send json_agg jsonb_agg array_agg pg_typeof num_nulls num_nonnulls concat format
   hash_record hash_record_extended pg_column_size any_value json_build_array jsonb_build_array json_build_object jsonb_build_object record_eq
   first_value last_value lag lead mode pg_notify pg_sleep textanycat anytextcat`,
);

/**
 * Functions that can neither fail on a value nor print it in an error: all that may be done with a personal column
 * inside a count.
 */
export const totalFunctions = new Map<string, (constants: (string | undefined)[]) => boolean>([
  ...["lower", "upper", "btrim", "length", "char_length", "character_length", "md5", "sha256", "text"].map(
    (name) => [name, (constants: unknown[]) => constants.length === 1] as const,
  ),
  ["convert_to", (constants) => constants.length === 2 && /^utf-?8$/i.test(constants[1] ?? "")],
  ["encode", (constants) => constants.length === 2 && /^(hex|base64)$/.test(constants[1] ?? "")],
]);

/** Operators of pg_catalog that a read may use. */
export const operators = words(
  `= <> < > <= >= + - * / % ^ |/ ||/ @ & | # ~ << >> || ~~ !~~ ~~* !~~* ~* !~ !~* -> ->> #> #>> @> <@ ? ?| ?& && @@ #- @? -|- &< &> ^@ <<= >>=`,
  `~<~ ~<=~ ~>~ ~>=~`,
);

/** Types of pg_catalog that a value may be cast to. */
export const types = words(
  `bool int2 int4 int8 float4 float8 numeric money text varchar bpchar char name date time timetz timestamp timestamptz interval uuid json jsonb jsonpath bytea inet cidr
   macaddr macaddr8 bit varbit oid regclass regtype regproc regprocedure regnamespace regrole int4range int8range numrange daterange tsrange tstzrange int4multirange
   int8multirange nummultirange datemultirange tsmultirange tstzmultirange tsvector tsquery pg_lsn point`,
);

/** Settings that tell nothing but how the server is set up. */
export const settings = words(
  `server_version server_version_num server_encoding client_encoding lc_collate lc_ctype lc_messages lc_monetary lc_numeric lc_time timezone datestyle intervalstyle
   search_path transaction_read_only default_transaction_read_only transaction_isolation default_transaction_isolation statement_timeout lock_timeout
   idle_in_transaction_session_timeout idle_session_timeout transaction_timeout standard_conforming_strings max_connections shared_buffers work_mem
   maintenance_work_mem effective_cache_size autovacuum track_counts track_activities wal_level max_wal_size min_wal_size checkpoint_timeout random_page_cost
   seq_page_cost effective_io_concurrency default_statistics_target row_security extra_float_digits bytea_output in_hot_standby is_superuser ssl
   integer_datetimes block_size data_checksums jit max_parallel_workers max_parallel_workers_per_gather max_worker_processes max_locks_per_transaction
   max_prepared_transactions superuser_reserved_connections temp_buffers wal_buffers fsync synchronous_commit full_page_writes hot_standby
   default_text_search_config password_encryption log_min_duration_statement autovacuum_naptime autovacuum_vacuum_scale_factor autovacuum_analyze_scale_factor
   autovacuum_max_workers huge_pages max_replication_slots max_wal_senders max_identifier_length max_index_keys segment_size wal_block_size`,
);

/** The names of the columns that a function in FROM gives, where they are not the function's own. */
export const functionColumns = new Map<string, string[]>([
  ...["json_each", "jsonb_each", "json_each_text", "jsonb_each_text"].map(
    (name) => [name, ["key", "value"]] as [string, string[]],
  ),
  ...["json_array_elements", "jsonb_array_elements", "json_array_elements_text", "jsonb_array_elements_text"].map(
    (name) => [name, ["value"]] as [string, string[]],
  ),
  ["aclexplode", ["grantor", "grantee", "privilege_type", "is_grantable"]],
  ["pg_options_to_table", ["option_name", "option_value"]],
  ["pg_identify_object", ["type", "schema", "name", "identity"]],
  ["pg_partition_tree", ["relid", "parentrelid", "isleaf", "level"]],
]);
